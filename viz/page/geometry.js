// Angles in the plane.

const TURN = 2 * Math.PI;
const turned = (angle) => ((angle % TURN) + TURN) % TURN;
const between = (a, b, share) => a + (b - a) * share;
const direction = ([x, y]) => Math.atan2(y, x);

// From one angle to another the shorter way: radians, from -pi to pi.
const toward = (a, b) => turned(b - a + Math.PI) - Math.PI;

// The weights that the logits are made of: of length 1 if the loss normalises them.
function effective(weights, spec) {
	return spec.w_norm ? weights.map((w) => [Math.cos(direction(w)), Math.sin(direction(w))]) : weights;
}
