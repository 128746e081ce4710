/**
 * What a rule of `zerogpu check` is. One rule is one file: it looks at the model of a Space and says
 * where something is wrong, as data; the words for that data are the rule's as well. Engine and
 * reporters know no rule by name.
 */
import type { EstimatedFunction } from '../platform/estimated-function.js';
import type { PlatformProfile } from '../platform/index.js';
import type { SpaceModel, TextRange } from '../space/index.js';
import type { PythonModel } from '../space/python/index.js';

/** `ZG1xx` metadata, `ZG2xx` dependencies, `ZG3xx` code, `ZG4xx` advice, `ZG5xx` what the Hub says. */
export type RuleId = `ZG${number}`;

/**
 * error: the platform refuses it, or it breaks there. warning: it most likely does harm. info: worth
 * knowing. advice: it works, and something else would serve visitors better.
 */
export type Severity = 'error' | 'warning' | 'info' | 'advice';

/** Gravest first: how findings are sorted. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info', 'advice'];

/** What the words of a finding are made of: plain JSON. Declare it with `type`, not `interface`. */
export type FindingData = Readonly<
  Record<string, string | number | boolean | null | readonly string[]>
>;

/** One change of a text file. Ranges are those of the file as it was read. */
export interface TextEdit {
  /** Relative to the Space's folder, with `/`. */
  readonly file: string;
  /** An empty range (start = end) inserts. */
  readonly range: TextRange;
  /** Line ends as `\n`; the file's own are put in when it is written. */
  readonly newText: string;
}

/** A change of the files; all of its edits or none. */
export interface Fix {
  readonly edits: readonly TextEdit[];
  /** `unsafe` where only the author can say whether it is meant; `safe`, the default, for the rest. */
  readonly safety?: 'safe' | 'unsafe';
}

/** A finding as a rule gives it. */
export interface Found<Data extends FindingData = FindingData> {
  /** Relative to the Space's folder, with `/`; a file that is missing is named all the same. */
  readonly file: string;
  /** Null where no line can be named: the file as a whole. */
  readonly range: TextRange | null;
  readonly data: Data;
  /** Where this case is graver or lighter than the rule's own severity. */
  readonly severity?: Severity;
  readonly fix?: Fix;
}

/** The words for one finding. No full stop at the end; the user's own value is in them. */
export interface Words {
  /** First line: what is wrong. */
  readonly message: string;
  /** Beside the caret: what to write, or why. */
  readonly note?: string;
  /** What to do: `fix: …` where there is a safe edit, `try: …` otherwise. */
  readonly help?: string;
}

/** Text of the rule's page, which `zerogpu explain` prints too. Paragraphs of Markdown. */
export interface RuleDocs {
  /** What happens on the platform, and why. */
  readonly why: string;
  /** What to do instead. */
  readonly instead: string;
  /** What the rule does not find, for the rule's page. */
  readonly notFound?: string;
  readonly examples?: readonly RuleExample[];
  /** Where this is known from. */
  readonly evidence: string;
}

export interface RuleExample {
  readonly title: string;
  /** Info string of the fenced block: `yaml`, `text`, `python`. */
  readonly language: string;
  readonly code: string;
}

/** What the command line knows of the owner: `--owner`, `--hosted`. */
export interface Hosting {
  readonly owner: 'personal' | 'org';
  /** ZeroGPU Spaces that the owner has already. */
  readonly hosted: number;
}

/** What only the Hub knows of a Space: of one that was named `hf:OWNER/NAME`. */
export interface HubSide {
  /** `OWNER/NAME`. */
  readonly id: string;
  /** Whether what runs there is what was read: the default branch. */
  readonly isRunning: boolean;
  /** RUNNING, CONFIG_ERROR, …; null when the Hub does not say. */
  readonly stage: string | null;
  /** What the Hub says of that stage. */
  readonly problem: string | null;
  /** What it runs on, or was asked to run on; null when the Hub does not say. */
  readonly hardware: string | null;
  /** Variables and secrets that it has; null where the Hub does not list them. */
  readonly settings: readonly string[] | null;
}

/** What uv makes of the requirements as a whole. */
export type Resolution =
  | { readonly kind: 'resolved'; readonly packages: number; readonly left: readonly string[] }
  | {
      readonly kind: 'conflict';
      /** The reason, in uv's words. */
      readonly words: string;
      /** Of a wheel that is not there; null where versions exclude each other. */
      readonly url: string | null;
      readonly left: readonly string[];
    }
  /** uv gave no answer: no network, no time. */
  | { readonly kind: 'unknown'; readonly why: string; readonly left: readonly string[] };

/** All that a rule may look at. Nothing in it changes, and nothing of it throws. */
export interface RuleContext {
  readonly space: SpaceModel;
  /** What the Space's Python does; empty where there is none. */
  readonly python: PythonModel;
  /** The edition of the platform that the Space is held against. */
  readonly profile: PlatformProfile;
  /** Every edition, the chosen one included: what is fine on a newer one is graver or lighter. */
  readonly profiles: readonly PlatformProfile[];
  readonly hosting: Hosting | null;
  /** Null for a folder: it may not be on the Hub at all. */
  readonly hub: HubSide | null;
  /** What uv answered, by profile; empty without `--resolve`. */
  readonly resolutions: ReadonlyMap<string, Resolution>;
  /** What a run on a real GPU measured of this Space; null where none did. */
  readonly measured: MeasuredSeconds | null;
  /** What an estimate under one profile says of the GPU functions; null without `--estimate`. */
  readonly estimated: {
    readonly platform: string;
    readonly functions: readonly EstimatedFunction[];
  } | null;
}

/** What the GPU functions took on a real GPU. */
export interface MeasuredSeconds {
  /** The device for people, such as `NVIDIA H200`. */
  readonly gpu: string;
  readonly functions: readonly {
    /** Qualified: `Painter.draw`. */
    readonly name: string;
    readonly p95Seconds: number;
    /** What the measured seconds suggest to declare; null when calls were killed. */
    readonly suggestedSeconds: number | null;
  }[];
}

export interface Rule<Data extends FindingData = FindingData> {
  readonly id: RuleId;
  /** In kebab case: `torch-compile`. Users may write it wherever an id is taken. */
  readonly name: string;
  /** What most findings of it are. */
  readonly severity: Severity;
  /** One sentence for lists. */
  readonly summary: string;
  readonly docs: RuleDocs;
  /**
   * False where finding nothing under another profile does not mean that the Space is fine there. By
   * default the engine asks, and says so.
   */
  readonly asksOtherProfiles?: false;
  /** It looks at what the Hub says, so a folder is not asked about. */
  readonly asksHub?: true;
  /** It looks at what uv answers, so it is asked with `--resolve` alone. */
  readonly asksResolver?: true;
  /** It looks at an estimate, so it is asked with `--estimate` alone. */
  readonly asksEstimate?: true;
  /** Where one of these rules finds something at the same place, this one has nothing to add. */
  readonly yieldsTo?: readonly RuleId[];
  /** It is about code that may never run: the engine leaves its findings there as they are. */
  readonly asksUnreached?: true;
  /** Pure: the same context gives the same findings. */
  check(context: RuleContext): Iterable<Found<Data>>;
  words(data: Data): Words;
}

/** A finding as reporters get it. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly file: string;
  readonly range: TextRange | null;
  readonly data: FindingData;
  readonly fix: Fix | null;
  /** It is in a function that nothing in the Space reaches. */
  readonly isUnreached: boolean;
  /** Other profiles under which the rule finds nothing here: "not on h200; fine on rtx-pro-6000". */
  readonly alsoFineOn: readonly string[];
}

/** Keeps the data of `check` and `words` one type, and gives the registry a plain `Rule`. */
export function defineRule<Data extends FindingData>(rule: Rule<Data>): Rule {
  return rule;
}
