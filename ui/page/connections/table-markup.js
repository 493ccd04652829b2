/**
 * The markup of the table of connections: its bar, its rows, and its empty states.
 */

import { markup } from "../parts/dom.js";

export const newTable = markup(`
  <div class="bar">
    <div class="said"><p class="summary"></p><span class="sorted"></span
      ><span class="hold"></span></div>
    <div class="acts">
      <span class="matching"></span>
      <input type="text" name="filter" placeholder="Filter  /" aria-label="Filter the connections"
        title="Filter by peer, program, stream, client, state or brought id (/)"
        aria-keyshortcuts="/" maxlength="200" autocomplete="off" spellcheck="false">
      <button type="button" class="small" data-act="pause" aria-pressed="false"
        title="Pause the table (Space)">Pause</button>
    </div>
  </div>
  <p class="problem" role="alert" hidden></p>
  <div class="frame">
    <div class="scroller" tabindex="-1">
      <table role="grid" aria-label="Connections"
        aria-description="Press Enter to show what a connection was sent"
        aria-readonly="true" tabindex="0">
        <thead role="rowgroup"><tr role="row" aria-rowindex="1"></tr></thead>
        <tbody role="rowgroup"></tbody>
      </table>
      <div class="empty nobody" hidden>
        <p class="hint"></p>
        <p class="try"><code></code
          ><button type="button" class="small" data-act="copy"
            aria-label="Copy the curl line">Copy</button></p>
      </div>
      <div class="empty none" hidden>
        <p class="hint"></p>
        <p><button type="button" class="small" data-act="clear-filter">Clear the filter</button></p>
      </div>
    </div>
  </div>`);
