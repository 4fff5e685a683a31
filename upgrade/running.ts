/** What runs, by what `pulumi stack export` printed. */
export interface Running {
  /** The release, by the tag of our own images; absent where they have several, or none is there. */
  version?: string;
  kubernetes?: string;
  /** Major version of the stack's own server on RDS. */
  postgres?: string;
}

interface Exported {
  deployment?: {
    resources?: {
      type: string;
      delete?: boolean;
      inputs?: Record<string, unknown>;
      outputs?: Record<string, unknown>;
    }[];
  };
}

const ownImage = /\/(?:model-server|release|drift|notebook|training):([\w.-]+)"/g;

export function runningOf(exported: unknown): Running {
  const resources = ((exported as Exported).deployment?.resources ?? []).filter((each) => each.delete !== true);
  const text = (type: string, property: string) => {
    const value = resources.find((each) => each.type === type)?.outputs?.[property];
    return typeof value === "string" ? value : undefined;
  };
  const tags = new Set(
    resources.flatMap(({ inputs }) => [...JSON.stringify(inputs ?? {}).matchAll(ownImage)].map(([, tag]) => tag!)),
  );
  const [version] = tags;
  const kubernetes = text("aws:eks/cluster:Cluster", "version");
  const postgres = text("aws:rds/instance:Instance", "engineVersion")?.split(".")[0];
  return {
    ...(version !== undefined && tags.size === 1 ? { version } : {}),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    ...(postgres === undefined ? {} : { postgres }),
  };
}
