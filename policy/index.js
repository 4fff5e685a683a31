// Pulumi loads a pack as JavaScript and leaves `nodeargs` unread: the loader of this program is registered here.
require("tsx/cjs/api").register();
require("./pack.ts");
