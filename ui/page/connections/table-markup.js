/**
 * The markup of the table of connections: its bar, its rows, and its empty states.
 */

import { icon } from "../parts/icons.js";
import { markup } from "../parts/dom.js";

export const newTable = markup(`
  <div class="bar">
    <div class="said"><h2 class="title">Connections</h2><p class="summary meta"></p
      ><span class="sorted"></span><span class="hold"></span></div>
    <div class="acts">
      <span class="matching"></span>
      <button type="button" class="link" data-act="show-all" hidden>Show all</button>
      <input type="text" name="filter" placeholder="Filter  /" aria-label="Filter the connections"
        title="Filter by client, stream, state, verdict, program, peer, brought id, or #7 (/)"
        aria-keyshortcuts="/" maxlength="200" autocomplete="off" spellcheck="false">
      <button type="button" class="tool" data-act="pause" aria-pressed="false" aria-label="Pause"
        title="Pause (Space)">${icon("pause")}</button>
      <button type="button" class="tool" data-act="clear" aria-label="Hide ended connections"
        title="Hide ended connections">${icon("clear")}</button>
    </div>
  </div>
  <p class="problem" role="alert" hidden></p>
  <div class="frame">
    <div class="scroller" tabindex="-1">
      <table role="grid" aria-label="Connections"
        aria-description="Press Enter to show what a connection was sent"
        aria-readonly="true" aria-multiselectable="true" tabindex="0">
        <thead role="rowgroup"><tr role="row" aria-rowindex="1"></tr></thead>
        <tbody role="rowgroup"></tbody>
      </table>
      <div class="empty nobody" hidden>
        <first-client></first-client>
      </div>
      <div class="empty none" hidden>
        <p class="hint"></p>
        <p><button type="button" class="small" data-act="clear-filter">Clear the filter</button></p>
      </div>
    </div>
    <first-minute hidden></first-minute>
  </div>
  <row-choice hidden></row-choice>`);
