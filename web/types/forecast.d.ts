// What the server's routes answer: the JSON of `estimator/report/json.py`. Bytes and seconds.

type Verdict = "resident" | "streamed" | "disk" | "spill" | "oom" | "unknown";

interface Estimate {
  low: number;
  best: number;
  high: number;
  basis: "exact" | "traced" | "measured" | "modelled" | "assumed";
}

interface StepForecast {
  node: string;
  class_type: string;
  /** As a person finds it: what the user calls the node, else its type. */
  title: string;
  kind: "load" | "encode_text" | "encode_image" | "sample" | "decode" | "upscale" | "other";
  /** The keys of those that it uses. */
  components: string[];
  shape: number[];
  passes: number;
  weights: number;
  resident: number;
  streamed_per_pass: number;
  activations: Estimate;
  workspace: Estimate;
  comfy_reserves: number | null;
  vram_peak: Estimate;
  /** What of the peak cannot give way; out of memory is what needs more than the card has. */
  need: Estimate;
  /** What it gives, in RAM. */
  ram: number;
  /** All that lies in RAM while it runs and cannot be dropped. */
  ram_kept: number;
  seconds: Estimate | null;
  slowdown: Estimate | null;
  tiled: boolean;
  tight: boolean;
  verdict: Verdict;
  /** Why it is not known, or runs elsewhere; empty for most. */
  because: string;
}

interface ComponentForecast {
  /** The node that loads it, its role and its kind; unlike any other's. */
  key: string;
  node: string;
  file: string;
  role: string;
  family: string;
  /** What people call it; its file where it is not known. */
  title: string;
  storage_dtype: string;
  compute_dtype: string;
  bytes: number;
  manager: "dynamic" | "legacy";
  basis: string;
}

interface Feed {
  node: string;
  input: string;
  slot?: number;
}

/** A link in the flat prompt: the id of a node there, and the number of its output. */
type FlatLink = [string, number];

/** The same in an edit. */
interface EditLink {
  node: string;
  slot: number;
}

/** `estimator/workflow/edits.py`; what is as usual is left out. */
interface Edit {
  op: "set" | "replace" | "insert" | "remove";
  node: string;
  input?: string;
  value?: unknown;
  class_type?: string;
  inputs?: Record<string, unknown>;
  drops?: string[];
  outputs?: Record<string, number>;
  feeds?: Feed[];
  instead?: Record<string, EditLink>;
}

interface Download {
  file: string;
  url: string;
  directory: string;
  bytes: number;
  exact: boolean;
  gated: boolean;
}

interface Suggestion {
  code: string;
  title: string;
  why: string;
  applicability: "lossless" | "lossy" | "manual";
  edits: Edit[];
  saves: number;
  saves_ram: number;
  verdict_after: Verdict;
  tight_after: boolean;
  seconds_after: number | null;
  seconds_again_after: number | null;
  harm: number;
  quality: string;
  effects: string[];
  downloads: Download[];
  needs: string[];
}

/** `taken`: what is held before any model is loaded (other programs, the CUDA context), by `holders` if known. */
interface Card {
  name: string;
  total: number;
  free: number;
  taken: Estimate;
  holders: { name: string; bytes: number | null }[] | null;
}

interface Forecast {
  schema: number;
  verdict: Verdict;
  tight: boolean;
  /** The step that decides the verdict; `step`: its place in `steps`; null of the loading of a file. */
  where: { node: string; class_type: string; kind: string; step: number | null } | null;
  because: string;
  device: Card;
  /** `swap`: null where it is not known. */
  host: { ram_total: number; ram_free: number; swap: number | null; disk: string };
  policy: { comfy: string; dynamic_vram: boolean; flags: string[] };
  vram_peak: Estimate;
  ram_peak: Estimate;
  ram_kept: Estimate;
  /** What of it finds no room in RAM and goes to swap. */
  swapped: number;
  disk_bytes: number;
  cold_bytes: number;
  seconds: Estimate | null;
  seconds_again: Estimate | null;
  /** With all weights on the card. */
  resident_seconds: Estimate | null;
  slowdown: Estimate | null;
  coverage: {
    nodes: number;
    understood: number;
    unknown: { node: string; class_type: string }[];
    assumed: { node: string; what: string }[];
    missing_files: string[];
  };
  components: ComponentForecast[];
  steps: StepForecast[];
  suggestions: Suggestion[];
}

/** A node of the flat prompt, as ComfyUI's `/prompt` takes it. */
interface PromptNode {
  class_type: string;
  inputs: Record<string, unknown>;
  _meta?: { title?: string };
}

type Prompt = Record<string, PromptNode>;

/** A card that `gpu` can name; `total` is null where it is the computer's RAM. */
interface KnownCard {
  id: string;
  name: string;
  vendor: string;
  segment: string;
  total: number | null;
}

interface RecordedRun {
  id: string;
  /** Seconds since 1970. */
  began: number;
  graph: string;
  setup: { card: string; total: number };
  verdict: Verdict | "";
  vram_peak: Estimate | null;
  forecast_seconds: Estimate | null;
  outcome: "running" | "done" | "failed" | "interrupted" | "out of memory";
  node: string;
  seconds: number | null;
}

/** What a node took, beside what was forecast for it (`estimator/history/rows.py`). */
interface RecordedNode {
  run: string;
  node: string;
  class_type: string;
  kind: string;
  vram_peak: Estimate | null;
  beside: Estimate | null;
  forecast_seconds: Estimate | null;
  seconds: number | null;
  before: number | null;
  peak: number | null;
  after: number | null;
  used: number | null;
  full: boolean;
}

interface History {
  runs: RecordedRun[];
  nodes?: RecordedNode[];
}
