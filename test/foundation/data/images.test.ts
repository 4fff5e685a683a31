import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Images, type ImagesArgs } from "../../../components/foundation/data/images";
import { ownImages } from "../../../components/settings/needs";
import { version } from "../../../package.json";
import { account, building, dropped, kept, keyArn } from "../../support/foundation";
import { inputs, outline, statements } from "../../support/outline";

const args: ImagesArgs = {
  names: ["notebook", "training"],
  account,
  keyArn,
  untaggedDays: 14,
  keepImages: 50,
  protection: kept,
};

describe("image repositories", () => {
  it("are one for each image; they are kept, and their clean-up rules are not", async () => {
    const made = await building(() => new Images("images", args));
    expect(outline(made)).to.deep.equal([
      "Images images",
      "  ecr.LifecyclePolicy images-notebook",
      "  ecr.LifecyclePolicy images-training",
      "  ecr.Repository images-notebook (protected, retained)",
      "  ecr.Repository images-training (protected, retained)",
    ]);
  });

  for (const [protection, forceDelete] of [
    [kept, false],
    [dropped, true],
  ] as const) {
    it(`${forceDelete ? "go" : "do not go"} with their images; tags never move, pushes are scanned`, async () => {
      const made = await building(() => new Images("images", { ...args, protection }));
      expect(inputs(made, "ecr.Repository images-notebook")).to.deep.equal({
        name: "mlplatform/test/notebook",
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: keyArn }],
        forceDelete,
      });
      expect(outline(made).filter((line) => line.includes("protected"))).to.have.length(forceDelete ? 0 : 2);
    });
  }

  it("let other accounts pull an image that answers with a model they take, and no other", async () => {
    const made = await building(() => new Images("images", { ...args, pulledBy: { training: ["222222222222"] } }));
    expect(outline(made).filter((line) => line.includes("RepositoryPolicy"))).to.deep.equal([
      "  ecr.RepositoryPolicy images-training",
    ]);
    expect(statements(made, "ecr.RepositoryPolicy images-training")).to.deep.equal([
      {
        ...{ Sid: "PullByConsumers", Effect: "Allow" },
        Principal: { AWS: ["arn:aws:iam::222222222222:root"] },
        Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      },
    ]);
  });

  it("drop untagged images by age and tagged ones by number", async () => {
    const made = await building(() => new Images("images", args));
    const { repository, policy } = inputs(made, "ecr.LifecyclePolicy images-notebook");
    expect(repository).to.equal("mlplatform/test/notebook");
    expect(JSON.parse(policy as string)).to.deep.equal({
      rules: [
        {
          rulePriority: 1,
          selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 },
          action: { type: "expire" },
        },
        {
          rulePriority: 2,
          selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 50 },
          action: { type: "expire" },
        },
      ],
    });
  });

  it("are found by image name, and an unknown one is an error that lists them", async () => {
    let images!: Images;
    await building(() => (images = new Images("images", args)));
    expect(images.repositoryUrl("training")).to.equal(
      "000000000000.dkr.ecr.eu-west-1.amazonaws.com/mlplatform/test/training",
    );
    expect(() => images.repositoryUrl("trainning")).to.throw(/"trainning".*notebook, training/);
  });

  it("are built and pushed by `make images`, each by a Dockerfile that is there, at the version that pods ask for", () => {
    const root = join(__dirname, "../../..");
    const options = { cwd: root, encoding: "utf8" } as const;
    const lines = execFileSync("make", ["--dry-run", "images", "PUSH=registry.example.com/ml"], options).split("\n");
    const names = ownImages.map((image) => `registry.example.com/ml/${image}:${version}`);
    expect(lines.flatMap((line) => /^docker push (.*)/.exec(line)?.[1] ?? [])).to.have.members(names);
    const built = lines.flatMap((line) => /--file (\S+) --tag (\S+) workloads$/.exec(line)?.slice(1) ?? []);
    expect(built.filter((word) => word.startsWith("registry"))).to.have.members(names);
    for (const file of built.filter((word) => word.startsWith("workloads")))
      expect(existsSync(join(root, file))).to.equal(true);
  });
});
