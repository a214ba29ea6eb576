// A full circle in radians; what is between two values, and between two lists of them.

const TURN = 2 * Math.PI;
const between = (a, b, share) => a + (b - a) * share;
const mixed = (a, b, share) => a.map((value, i) => between(value, b[i], share));
