import { keepTracesReadable } from "../components/lib/readableTraces";
import { loadSettings } from "../components/settings/load";
import { bootstrap } from "./bootstrap";

keepTracesReadable();

/** The program: the config of a stack of the platform in, what its pipelines need out. `npm run bootstrap` runs it. */
export = async () => (await bootstrap(loadSettings())).outputs;
