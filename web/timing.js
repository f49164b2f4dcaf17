// How long things wait, in milliseconds, each with its reason.

/** After the last change of the graph before it is forecast: a slider sends a change a frame. */
export const SETTLE = 60;

/** Between looks at a graph that nobody was told has changed, and at what other programs hold. */
export const HEARTBEAT = 10_000;

/** For an answer when a prompt is queued; after it the prompt goes through. */
export const QUEUE_PATIENCE = 300;

/** After the last forecast before advice and limits are asked for: they take some forecasts each. */
export const ADVICE_SETTLE = 300;

/** Between glances at a graph for what a script has changed; a glance takes 1 to 7 ms on the largest template. */
export const GLANCE = 1000;

/** For drawing in one frame: what is left is drawn in the next, so that the canvas keeps moving. */
export const FRAME = 16;

/** After ComfyUI noted a change: for 50 ms it takes what follows for a part of that step of undo. */
export const SQUASH = 80;

/** Between looks at the sizes of nodes that Vue measures: it takes up to three frames. */
export const MEASURE = 60;

/** After the last move of a slider before the graph is changed: a key that is held moves it 30 times a second. */
export const SLIDE = 150;
