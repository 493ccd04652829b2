/**
 * Makes a button copy a text, and shows "copied" for a second: on the button, where the style sheet
 * reserves the space for this word, or below a tool, which has no words.
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
  const isTool = button.classList.contains("tool");
  const label = button.textContent ?? "";
  const name = button.title;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {string} words */
  const show = (words) => {
    clearTimeout(timer);
    if (isTool) button.dataset.answer = words;
    else button.textContent = words;
    announce(words);
    timer = setTimeout(() => {
      if (isTool) delete button.dataset.answer;
      else button.textContent = label;
    }, SHOWN_FOR_MS);
  };
  if (!isTool) button.classList.add("copies");
  button.addEventListener("click", async () => {
    try {
      await host.copy(text());
      button.title = name;
      show("copied");
    } catch (reason) {
      button.title = errorMessage(reason);
      show("failed");
    }
  });
}
