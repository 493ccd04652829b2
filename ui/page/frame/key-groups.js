/**
 * The keys of the page, for the dialog that lists them. Pure.
 *
 * @typedef {[string[], string]} Keys in the notation of the menu, and what they do
 */

/**
 * The keys of each place. Apart from those that work everywhere, they work in the element that has
 * the focus. Those of the native menu are not among them, unless the page has them too.
 *
 * @param {boolean} controls whether the page is in the app's window
 * @returns {[string, Keys[]][]}
 */
export const keyGroups = (controls) => [
  ["Everywhere", [
    [["CmdOrCtrl+1"], "Streams"],
    [["CmdOrCtrl+2"], "Connections"],
    [["CmdOrCtrl+3"], "Faults"],
    [["CmdOrCtrl+4"], "Watch"],
    [["CmdOrCtrl+5"], "Lab"],
    [["/", "CmdOrCtrl+F"], "Filter, the text of a fault, or the address to watch"],
    [["?"], "These keys"],
    [["Esc"], "Clear the filter, or close what is open"],
  ]],
  ["Lists", [
    [["↑", "↓", "j", "k"], "Move"],
    [["Page ↑", "Page ↓", "Home", "End"], "Move a page, or to an end; End follows the newest"],
    [["Enter"], "Open"],
    [["Space"], "Pause and go on"],
  ]],
  ["Connections", [
    [["Shift+↑", "Shift+↓"], "Choose more rows; Esc lets go of them"],
    [["Shift+F10"], "What can be done to the client of the row"],
    [["→", "←"], "Unfold or fold the connections of a client"],
    [["Enter"], "Do the fault in the field to what is open"],
    [["Shift+←", "Shift+→"], "Change the width of a column, on its head"],
    [["↑", "↓"], "Move the bar between two parts, on the bar"],
  ]],
  ["Streams", [
    [["Enter"], "Publish the event in the box"],
    [["Shift+Enter"], "A new line in the box"],
    [["Delete"], "End the chosen topic"],
    // a browser cannot change the file
    .../** @type {Keys[]} */ (controls ? [[["CmdOrCtrl+S"], "Save the definition"]] : []),
  ]],
  ["Faults", [
    [["Enter"], "Arm the fault in the field"],
  ]],
  ["Watch", [
    [["Enter"], "Watch the address"],
    [["←", "→"], "Go to the piece before or behind, in the picture of arrivals"],
  ]],
  ["Lab", [
    [["Enter"], "Open the case of the row; once more goes into it"],
    [["Esc"], "Close the case"],
  ]],
  ["Timeline", [
    [["↑", "↓"], "Choose a lane"],
    [["←", "→"], "Go to the next sign in the lane"],
    [["Shift+←", "Shift+→"], "Move in time"],
    [["Home", "End"], "Go to the oldest time, or to now"],
    [["+", "-"], "Zoom"],
    [["Shift+F10"], "What can be done to the client of the lane"],
    [["Enter"], "Open the wire there"],
    [["Esc"], "Back to the last two minutes"],
  ]],
];
