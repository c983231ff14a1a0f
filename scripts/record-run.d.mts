/** A screen, with the SGR sequences of a captured tmux pane, as lines of SVG text. */
export function drawScreen(screen: string): string
/** An SVG that shows one screen after the other, each from its moment (milliseconds) on. */
export function drawRecording(frames: readonly {readonly atMs: number; readonly screen: string}[]): string
