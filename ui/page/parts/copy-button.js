/**
 * Makes a button copy a text, and shows "copied" on the button for a second. The style sheet
 * reserves the space for this word.
 *
 * @import { Host } from "../types.js"
 */

import { announce } from "./announce.js";
import { errorMessage } from "./error-message.js";

const SHOWN_FOR_MS = 1000;

/**
 * @param {HTMLButtonElement} button
 * @param {Host} host
 * @param {() => string} text returns what to copy, at the click
 */
export function copyOnClick(button, host, text) {
  const label = button.textContent ?? "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {string} words */
  const show = (words) => {
    clearTimeout(timer);
    button.textContent = words;
    announce(words);
    timer = setTimeout(() => (button.textContent = label), SHOWN_FOR_MS);
  };
  button.classList.add("copies");
  button.addEventListener("click", async () => {
    try {
      await host.copy(text());
      button.removeAttribute("title");
      show("copied");
    } catch (reason) {
      button.title = errorMessage(reason);
      show("failed");
    }
  });
}
