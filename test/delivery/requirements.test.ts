import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

const workloads = join(__dirname, "../../workloads");
const read = (...path: string[]) => readFileSync(join(workloads, ...path), "utf8");
const hash = /^ {4}--hash=sha256:[0-9a-f]{64}( \\)?$/;

describe("Python packages of images and tests", () => {
  for (const file of readdirSync(join(workloads, "requirements"))) {
    it(`are named exactly and held to hashes in ${file}`, () => {
      const blocks = read("requirements", file)
        .split(/\n(?=\S)/)
        .filter((block) => !block.startsWith("#"));
      expect(blocks).to.be.an("array").that.is.not.empty;
      for (const block of blocks) {
        const [pin, ...hashes] = block.trimEnd().split("\n");
        expect(pin).to.match(/^[A-Za-z0-9._-]+(\[[a-z,-]+\])?==\S+( ; .+)? \\$/);
        expect(hashes, `${pin} needs \`make requirements\``).to.be.an("array").that.is.not.empty;
        for (const line of hashes) expect(line).to.match(hash);
      }
    });
  }

  for (const image of readdirSync(workloads).filter((name) =>
    readdirSync(join(workloads, name)).includes("Dockerfile"),
  )) {
    it(`come into the image ${image} by those hashes alone`, () => {
      const installing = read(image, "Dockerfile")
        .replaceAll(/\\\n\s*/g, "")
        .split("\n")
        .filter((line) => /^RUN .*pip (install|wheel)/.test(line))
        .flatMap((line) => line.split("&&"))
        .filter((command) => /\bpip (install|wheel)/.test(command));
      expect(installing).to.be.an("array").that.is.not.empty;
      for (const command of installing)
        expect(command).to.match(
          command.includes("uv pip")
            ? / --build-constraints \/build\/build\.txt --(constraint|requirement) \/build\/\S+\.txt /
            : / --require-hashes -r \S+\.txt( |$)/,
        );
    });
  }
});
