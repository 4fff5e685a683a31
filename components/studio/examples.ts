import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { storedFile } from "../foundation/data/storedFile";
import { examplesKey } from "../identity/policies/studio";

const workloads = join(__dirname, "../../workloads");

/** Files of a folder that end so, by the path that they have in the archive. */
function files(folder: string, ending: string, into: string): Record<string, pulumi.asset.FileAsset> {
  const names = readdirSync(join(workloads, folder)).filter((name) => name.endsWith(ending));
  return Object.fromEntries(
    names.sort().map((name) => [`${into}/${name}`, new pulumi.asset.FileAsset(join(workloads, folder, name))]),
  );
}

/** The starter notebooks, and the code of the sample projects that they use. */
function examples(): Record<string, pulumi.asset.FileAsset> {
  return {
    ...files("notebooks", ".ipynb", "notebooks"),
    ...files("examples", ".py", "projects"),
    ...files("examples/churn", ".py", "projects/churn"),
    ...files("examples/attrition", ".py", "projects/attrition"),
    ...files("examples/delivery", ".py", "projects/delivery"),
  };
}

/** The examples as an archive in the data bucket: notebooks reach S3, and no host of git. */
export class Examples extends pulumi.ComponentResource {
  readonly object: pulumi.Resource;

  constructor(name: string, args: { bucketName: pulumi.Input<string> }, opts?: pulumi.ComponentResourceOptions) {
    super("mlplatform:studio:Examples", name, {}, opts);
    this.object = storedFile(
      name,
      {
        bucket: args.bucketName,
        key: examplesKey,
        contentType: "application/zip",
        source: new pulumi.asset.AssetArchive(examples()),
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
