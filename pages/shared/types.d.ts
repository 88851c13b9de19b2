// Types of what the page scripts share: only `tsc` reads this file, browsers never do.

/** What Streamlit hands to the exported function of an element, each time its data changes. */
interface ElementComponent<Data> {
  parentElement: HTMLElement | ShadowRoot;
  data: Data;
  /** Sends a value to Python, where it is there for one run of the page's script. */
  setTriggerValue(name: string, value: unknown): void;
  /** Sends a value to Python, where it stays. */
  setStateValue(name: string, value: unknown): void;
}

/** A speaker, as `meetcore/api/speakers.py` describes it. */
interface Person {
  label: string;
  name: string;
  /** Whether a person typed the name; else it is "Speaker 1" and the like. */
  given: boolean;
  /** The number of one of the ten speaker colours. */
  colour: number;
  /** Similarity to the enrolled voice in percent; null if the voice was not recognised. */
  similarity: number | null;
  /** Place in order of appearance. */
  number?: number | null;
  /** The label of another speaker who is perhaps the same person. */
  same?: string | null;
}

/** A key of the messages in `pages/shared/microphone_faults.py`. */
type MicrophoneFault =
  | 'insecure'
  | 'no-webrtc'
  | 'no-microphone-access'
  | 'denied'
  | 'no-device'
  | 'gone'
  | 'busy'
  | 'other';

type Offer = { sdp: string; type: RTCSdpType };

/** The microphone that the Start button opened, until the recorder takes it over. */
declare var meetcoreOpened: { stream: MediaStream; asked: string } | null | undefined;

/** The uploads of this tab: the element that shows them comes and goes. */
declare var meetcoreUploads: Uploads | undefined;

/** Whether drops outside the upload zone are caught already. */
declare var meetcoreDropGuard: boolean | undefined;

/** The outboxes of this tab, by name. */
declare var meetcoreOutboxes: Map<string, Outbox> | undefined;

/** The buttons of the running meetings that this tab has shown, by meeting. */
declare var meetcoreRecorders: Map<string, Recorder> | undefined;
