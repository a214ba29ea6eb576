// Angles in the plane, radians; and the way from one value to another.

const TURN = 2 * Math.PI;
const turned = (angle) => ((angle % TURN) + TURN) % TURN;
const apart = (a, b) => Math.abs(turned(b - a + Math.PI) - Math.PI);
const between = (a, b, share) => a + (b - a) * share;
