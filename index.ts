import { readApiServer } from "./components/foundation/ownership/apiServer";
import { sparePromiseTraces } from "./components/lib/promiseTraces";
import { keepTracesReadable } from "./components/lib/readableTraces";
import { type Outside, platform } from "./components/platform";
import { loadSettings } from "./components/settings/load";

keepTracesReadable();
sparePromiseTraces();

/** The program: the current stack's config in, the platform out. Who runs it without a cluster says how to look at one. */
export = async (outside: Outside = { readCluster: readApiServer }) => (await platform(loadSettings(), outside)).outputs;
