import type { Aws } from "./aws";
import type { Leftover } from "./leftover";
import type { StackName } from "./owner";

const gib = 1024 ** 3;

/** A repository with all of its images. */
export async function repository(aws: Aws, repositoryName: string): Promise<Leftover> {
  const { imageDetails: images } = (await aws("ecr", "describe-images", { repositoryName })) as {
    imageDetails: { imageSizeInBytes?: number }[];
  };
  const bytes = images.reduce((sum, { imageSizeInBytes = 0 }) => sum + imageSizeInBytes, 0);
  const deletion = { service: "ecr", operation: "delete-repository", parameters: { repositoryName, force: true } };
  return {
    ...{ kind: "image repository", id: repositoryName, about: `${images.length} images` },
    ...{ price: "ecr/storage", amount: bytes / gib, holdsData: true, deletions: [deletion] },
  };
}

/** Repositories whose name says the stack: `mlplatform/prod/` is in no other stack's. */
export async function repositories(aws: Aws, { project, stack }: StackName): Promise<Leftover[]> {
  const { repositories: all } = (await aws("ecr", "describe-repositories")) as {
    repositories: { repositoryName: string }[];
  };
  const own = all.filter(({ repositoryName }) => repositoryName.startsWith(`${project}/${stack}/`));
  return Promise.all(own.map(({ repositoryName }) => repository(aws, repositoryName)));
}
