/**
 * Why a fault was refused: the server's sentence, which names the column of a mistake. Pure.
 */

/**
 * Whether something that was rejected or answered is such a reason.
 *
 * @param {unknown} reason
 * @returns {reason is import("../server.js").BadFault}
 */
export const isBadFault = (reason) =>
  typeof reason === "object" && reason !== null && "error" in reason;
