// As much of ComfyUI's frontend as this pack uses: ambient types of our own, since its published types are
// incomplete. Verified on comfyui-frontend-package 1.48.7 and 1.58.1.

interface Widget {
  name: string;
  value: unknown;
  type?: string;
  label?: string;
  options?: Record<string, unknown> & { values?: unknown };
  serialize?: boolean;
  callback?: (value: unknown, ...rest: unknown[]) => void;
  serializeValue?: (node: unknown, index: number) => unknown;
  dynamicPrompts?: boolean;
  element?: HTMLTextAreaElement;
  inputEl?: HTMLTextAreaElement;
}

interface Slot {
  name: string;
  label?: string;
  type: string | number;
  link?: number | null;
  links?: number[] | null;
  widget?: { name: string };
}

interface GraphLink {
  id: number;
  origin_id: number | string;
  origin_slot: number;
  target_id: number | string;
  target_slot: number;
  type: string | number;
  parentId?: number;
}

interface SubgraphSlot {
  name: string;
  type: string | number;
  linkIds: number[];
  connect(slot: Slot, node: GraphNode, afterRerouteId?: number): unknown;
}

interface GraphNode {
  id: number | string;
  type: string;
  comfyClass?: string;
  title: string;
  pos: [number, number];
  size: [number, number];
  mode: number;
  color?: string;
  bgcolor?: string;
  boxcolor?: string;
  shape?: number;
  flags: Record<string, unknown>;
  properties: Record<string, unknown> & { models?: { name: string; url: string; directory: string }[] };
  inputs: Slot[];
  outputs: Slot[];
  widgets?: Widget[];
  badges?: unknown[];
  graph: Graph | null;
  subgraph?: Graph;
  isSubgraphNode?(): boolean;
  isVirtualNode?: boolean;
  connect(slot: number, target: GraphNode, input: number, afterRerouteId?: number): unknown;
  disconnectInput(slot: number, keepReroutes?: boolean): boolean;
  setDirtyCanvas?(front: boolean, back: boolean): void;
}

interface Graph {
  id?: string;
  nodes: GraphNode[];
  links: Map<number, GraphLink>;
  reroutes?: Map<number, unknown>;
  inputNode?: { id: number; slots: SubgraphSlot[] };
  outputNode?: { id: number; slots: SubgraphSlot[] };
  inputs?: SubgraphSlot[];
  outputs?: SubgraphSlot[];
  subgraphs?: Map<string, Graph>;
  rootGraph?: Graph;
  getNodeById(id: number | string): GraphNode | null;
  add(node: GraphNode): void;
  remove(node: GraphNode): void;
  serialize(): unknown;
}

interface ChangeTracker {
  beforeChange(): void;
  afterChange(): void;
  captureCanvasState?(): void;
  checkState?(): void;
  undo(): Promise<void>;
}

interface Setting {
  id: string;
  name: string;
  type: string;
  defaultValue: unknown;
  category?: string[];
  tooltip?: string;
  options?: unknown[];
  attrs?: Record<string, unknown>;
  onChange?: (value: any) => void;
}

interface ActionBarButton {
  icon: string;
  readonly label?: string;
  readonly tooltip?: string;
  readonly class?: string;
  onClick: () => void;
}

interface ComfyExtension {
  name: string;
  settings?: Setting[];
  commands?: { id: string; label: string; icon?: string; function: () => unknown }[];
  keybindings?: { combo: { key: string; ctrl?: boolean; alt?: boolean; shift?: boolean }; commandId: string }[];
  menuCommands?: { path: string[]; commands: string[] }[];
  actionBarButtons?: ActionBarButton[];
  setup?(app: ComfyApp): unknown;
  nodeCreated?(node: GraphNode, app: ComfyApp): void;
  loadedGraphNode?(node: GraphNode, app: ComfyApp): void;
  afterConfigureGraph?(missing: unknown[], app: ComfyApp): unknown;
  beforeRegisterNodeDef?(type: any, definition: any, app: ComfyApp): unknown;
  getNodeMenuItems?(node: GraphNode): unknown[];
}

interface SidebarTab {
  id: string;
  icon: string;
  title: string;
  tooltip?: string;
  type: "custom";
  iconBadge?: () => string | null;
  render(container: HTMLElement): void;
  destroy?(): void;
}

interface ExtensionManager {
  setting: { get(id: string): any; set(id: string, value: unknown): Promise<void> };
  toast: { add(message: { severity: string; summary: string; detail?: string; life?: number }): void };
  workflow: { activeWorkflow?: { path?: string; key?: string; changeTracker: ChangeTracker } };
  queueSettings?: { mode: string };
  command: { execute(id: string): Promise<void> };
  registerSidebarTab(tab: SidebarTab): void;
  unregisterSidebarTab?(id: string): void;
  sidebarTab?: { activeSidebarTabId?: string | null; toggleSidebarTab?(id: string): void };
}

interface ComfyApp {
  registerExtension(extension: ComfyExtension): void;
  graphToPrompt(): Promise<{ output: Record<string, any>; workflow: unknown }>;
  queuePrompt(number: number, batch?: number, ...rest: any[]): Promise<boolean>;
  loadGraphData(document: unknown, clean?: boolean, restoreView?: boolean, workflow?: unknown, options?: object): Promise<unknown>;
  rootGraph?: Graph;
  graph: Graph;
  canvas: {
    setDirty(front: boolean, back: boolean): void;
    graph?: Graph;
    setGraph?(graph: Graph): void;
    centerOnNode?(node: GraphNode): void;
    selectItems?(nodes: GraphNode[]): void;
  };
  extensionManager: ExtensionManager;
  vueAppReady?: boolean;
  /** Older; the only one that says that a setting of others has changed: `<id>.change`, its `detail` the value. */
  ui?: { settings?: EventTarget };
}

interface ComfyApi extends EventTarget {
  fetchApi(path: string, options?: RequestInit): Promise<Response>;
  clientId?: string;
}

declare module "*/scripts/app.js" {
  export const app: ComfyApp;
}

declare module "*/scripts/api.js" {
  export const api: ComfyApi;
}

declare module "*/scripts/widgets.js" {
  export const ComfyWidgets: { STRING(node: GraphNode, name: string, spec: unknown[], app: ComfyApp): { widget: Widget } };
}

interface LiteGraphGlobal {
  createNode(type: string, title?: string): GraphNode | null;
  registered_node_types: Record<string, unknown>;
  vueNodesMode?: boolean;
  BADGE_FG_COLOR?: string;
  BADGE_BG_COLOR?: string;
}

declare const LGraphBadge: new (options: { text: string; fgColor?: string; bgColor?: string }) => unknown;

interface Window {
  LiteGraph: LiteGraphGlobal;
  LGraphBadge?: typeof LGraphBadge;
  vramForecast?: { current(): unknown; ask(): Promise<void> };
}
