import type { Tool } from "../settings/access";
import type { Settings } from "../settings/settings";

/** What is told of an app beside its component. Its database, address, certificate, links and line on the landing page follow. */
export interface App {
  /** What it is published as. */
  tool: Tool;
  /** As people call it. */
  title: string;
  /** What the landing page says of it. */
  sentence: string;
  /** Whether it keeps metadata in a database of its own. */
  database: boolean;
  /** Whether a stack has it in its cluster. */
  asked(settings: Settings): boolean;
}
