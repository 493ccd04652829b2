/**
 * Paths and queries of the server, as its routes read them. Pure.
 *
 * @import { TableQuery } from "../types.js"
 */

/** @param {string} name */
export function topicPath(name) {
  return `/topics/${name}`;
}

/**
 * The query for a part of the table.
 *
 * @param {TableQuery} query
 */
export function queryText({ sort, descending, filter, stream, first, count }) {
  const all = {
    sort,
    descending: String(descending),
    filter,
    first: String(first),
    count: String(count),
  };
  const query = new URLSearchParams(all);
  if (filter === "") query.delete("filter");
  if (stream !== undefined) query.set("stream", stream);
  return query.toString();
}
