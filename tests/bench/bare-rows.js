// Run in the empty window by `make bench`: the least that a page can do to show a stream. It opens
// STREAM, which what runs it sets, appends a row for each event, and scrolls to it. A row has the
// same five texts as in the app. Nothing is left out or taken away: a row is kept for each event.

const sheet = document.createElement("style");
sheet.textContent = "body { margin: 0; font: 12px/24px monospace } span { margin-right: 12px }";
document.head.append(sheet);
document.body.replaceChildren();

/** As in 10:41:02.113. */
function timeOfDay(date) {
  const padded = (value, width) => String(value).padStart(width, "0");
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const clock = parts.map((value) => padded(value, 2)).join(":");
  return `${clock}.${padded(date.getMilliseconds(), 3)}`;
}

let before = NaN;
new EventSource(STREAM).addEventListener("message", (event) => {
  const after = Number.isNaN(before) ? "" : `+${Math.round(event.timeStamp - before)}ms`;
  before = event.timeStamp;
  const row = document.createElement("div");
  for (const text of [timeOfDay(new Date()), after, event.lastEventId, event.type, event.data]) {
    const cell = document.createElement("span");
    cell.textContent = text;
    row.append(cell);
  }
  document.body.append(row);
  scrollTo(0, document.documentElement.scrollHeight);
});
