import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { projectDir } from "../../simulator/project";
import { buildAirflow, chartValues } from "../support/airflow";

/** Text literals that name an image by its repository and tag. */
const image = /["'`]([a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)+):(?:\$\{|v?\d)/g;

/** CodeBuild keeps images of its own, and names them so. */
const ofCodeBuild = (name: string) => name.startsWith("aws/codebuild/");
const withRegistry = (name: string) => /^([a-z0-9-]+\.)+[a-z]+(:\d+)?\//.test(name) || name.startsWith("localhost:");

function imagesOf(folder: string): string[] {
  return readdirSync(join(projectDir, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      [...readFileSync(join(projectDir, folder, file), "utf8").matchAll(image)].map(([, name]) => name!),
    );
}

describe("images", () => {
  it("are named with their registry: a node may know none to look in by itself", () => {
    const named = [...imagesOf("components"), ...imagesOf("charts")];
    expect(named).to.include("docker.io/apache/airflow");
    expect(named.filter((each) => !withRegistry(each) && !ofCodeBuild(each))).to.deep.equal([]);
  });

  it("of Airflow's chart are too, unless somebody names one", async () => {
    expect(chartValues(await buildAirflow())).to.include({ defaultAirflowRepository: "docker.io/apache/airflow" });
  });
});
