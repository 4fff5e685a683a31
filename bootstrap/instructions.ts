import { environmentOf } from "../components/delivery/roles";
import type { DeliverySettings } from "../components/settings/delivery";
import { namespace } from "../components/settings/load";
import type { Settings } from "../components/settings/settings";
import { backendUrl, bootstrapNames, secretsProvider } from "./names";

function onGithub({ source }: DeliverySettings, stack: string, branch: string, approvers: string[]): string[] {
  const { repository, host } = source;
  if (approvers.length === 0) {
    return [
      `In ${host}/${repository}: a rule for the branch ${branch}, so that it changes by reviewed pull requests alone.`,
      `Who may push to it updates ${stack}.`,
    ];
  }
  return [
    `In ${host}/${repository}, Settings, Environments: an environment ${stack} with`,
    `  required reviewers   ${approvers.join(", ")}`,
    `  deployment branches  ${branch}, and no other`,
    "  administrators may not go round these rules",
  ];
}

function onGitlab({ source }: DeliverySettings, stack: string, branch: string, approvers: string[]): string[] {
  const { repository, host } = source;
  return [
    `In ${host}/${repository}, Settings, Repository: the protected branch ${branch}, to which`,
    approvers.length === 0
      ? "  nobody pushes but by merge requests"
      : `  only ${approvers.join(", ")} may merge, and nobody pushes`,
    `Who may merge there updates ${stack}.`,
    `In Build, Pipeline schedules: one a night on ${source.branch}, which looks for drift.`,
  ];
}

/** What a person has to set before the first pipeline runs, ready to be typed. */
export function instructions(settings: Settings, stack: string): string {
  const { foundation, delivery } = settings;
  const { region, accountId } = foundation as { region: string; accountId: string };
  const { branch, approvers } = environmentOf(delivery!, stack);
  const names = bootstrapNames(namespace, stack, accountId);
  const arn = (role: string) => `arn:aws:iam::${accountId}:role/${role}`;
  const host = delivery!.source.provider === "github" ? onGithub : onGitlab;
  return [
    "",
    "Once, in the git host:",
    ...host(delivery!, stack, branch, approvers),
    "",
    `Once, in Pulumi.${stack}.yaml: who encrypts its secrets, which this command writes there; commit it.`,
    `  export PULUMI_BACKEND_URL='${backendUrl(names, region)}'`,
    `  npx pulumi stack init ${stack} --secrets-provider='${secretsProvider(names, region)}'`,
    "",
    "In foundation.cluster of the same file, so that jobs see the cluster:",
    `  admins: ["${arn(names.roles.deploy)}"]`,
    `  viewers: ["${arn(names.roles.preview)}", "${arn(names.roles.drift)}"]`,
    "",
    "The first update is yours: it makes the registry, and the roles that push images to it.",
    `  npx pulumi up --stack ${stack}`,
    `  make images PUSH=${accountId}.dkr.ecr.${region}.amazonaws.com/${namespace}/${stack}   # once signed in to that registry`,
    "",
    `Then write the workflows, and commit them: npm run delivery -- --stack ${stack}`,
  ].join("\n");
}
