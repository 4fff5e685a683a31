import { platform } from "./components/platform";
import { loadSettings } from "./components/settings/load";

/** The program: the current stack's config in, the platform out. */
export = async () => (await platform(loadSettings())).outputs;
