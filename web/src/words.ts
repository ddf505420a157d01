/** The answers that are offered, and what the keys do. */

export const REASONS: [string, string][] = ["season or snow", "a shadow", "cloud or haze", "vehicles or stored goods", "works on the ground only", "misalignment of the looks"].map((text) => [text, text]);
export const CHANCES: [string, string][] = [["0.7", "likely (0.70)"], ["0.9", "very likely (0.90)"], ["0.97", "almost certain (0.97)"]];
export const CLASSES: [string, string][] = ["new structure", "removed structure", "altered structure", "ground works"].map((text) => [text, text]);
export const KEYS: [string, string][] = [
  ["j k", "next, previous in the queue"], ["a", "accept"], ["r", "reject, with a reason"], ["u", "not sure"], ["l", "relabel"],
  ["o", "edit the outline: arrows move, + − size, [ ] one side, , . turn, Enter keeps"], ["d", "draw a structure that is missing"],
  ["v", "split in two: arrows move the cut, , . turn it, Enter keeps"], ["g", "join with another"], ["z", "undo the last decision"],
  ["q", "link with a claim"],
  ["← →", "earlier, later look"], ["Shift ← →", "the same for the look before"], ["p n x", "in this look: present, absent, unclear"],
  ["1 2 3 4", "swipe, flicker, side by side, one look"], ["t f c e", "true colour, false colour, strength of change, the file as received"],
  ["s", "the swipe's handle, then arrows"], ["m w b", "measure a length, a width, a footprint"], ["i", "use the last drawing in the report"], ["P", "publish"], ["0", "the whole site"], ["Esc", "leave what you are doing"],
];
