/** The pipeline of GitLab CI. */
import { stringify } from "yaml";
import { tokenIssuer } from "../components/delivery/tokens";
import { accountVariable, auditCommand, type DeliveredProject, type DeliveredStack } from "./stacks";

type Plain = Record<string, unknown>;

/** Has Node; what else a job takes, it installs. */
const image = "node:20.19-bookworm";
const tools = ["apt-get update -qq", "apt-get install -y -qq --no-install-recommends awscli make >/dev/null"];

const variables = (stack: DeliveredStack, role: keyof DeliveredStack["roles"]) => ({
  STACK: stack.stack,
  AWS_REGION: stack.region,
  AWS_ACCOUNT_ID: stack.accountId ?? `$${accountVariable(stack.stack)}`,
  ROLE_NAME: stack.roles[role],
});

const known = ({ stack, accountId }: DeliveredStack) =>
  accountId === undefined ? ` && $${accountVariable(stack)}` : "";
const pushed = (stack: DeliveredStack) =>
  `$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == "${stack.branch}"${known(stack)}`;

/** `.gitlab-ci.yml`. @param command that wrote it */
export function gitlabPipeline({ source, stacks }: DeliveredProject, command: string): string {
  const { audience } = tokenIssuer(source);
  const token = { id_tokens: { AWS_ID_TOKEN: { aud: audience } } };
  const jobs = stacks.flatMap((stack): [string, Plain][] => [
    [
      `preview-${stack.stack}`,
      {
        stage: "preview",
        ...token,
        rules: [{ if: `$CI_PIPELINE_SOURCE == "merge_request_event"${known(stack)}` }],
        timeout: "30m",
        variables: variables(stack, "preview"),
        script: ["npm ci", auditCommand, "delivery/steps/stack.sh preview"],
        after_script: ["cat report.md || true"],
        artifacts: {
          when: "always",
          paths: ["report.md"],
          expose_as: `Preview of ${stack.stack}`,
          expire_in: "30 days",
        },
      },
    ],
    [
      `images-${stack.stack}`,
      {
        stage: "images",
        ...token,
        rules: [{ if: pushed(stack) }],
        timeout: "1h",
        resource_group: `images-${stack.stack}`,
        image: "docker:28-cli",
        services: ["docker:28-dind"],
        before_script: ["apk add --no-cache aws-cli bash curl make nodejs"],
        variables: { ...variables(stack, "images"), DOCKER_TLS_CERTDIR: "/certs" },
        script: ["delivery/steps/images.sh"],
      },
    ],
    [
      `up-${stack.stack}`,
      {
        stage: "up",
        ...token,
        rules: [{ if: pushed(stack) }],
        timeout: "3h",
        resource_group: `stack-${stack.stack}`,
        interruptible: false,
        environment: { name: stack.stack },
        variables: { ...variables(stack, "deploy"), ROLE_SECONDS: "10800" },
        script: ["npm ci", "delivery/steps/stack.sh up"],
      },
    ],
    [
      `drift-${stack.stack}`,
      {
        stage: "drift",
        ...token,
        rules: [{ if: `$CI_PIPELINE_SOURCE == "schedule"${known(stack)}` }],
        timeout: "1h",
        resource_group: `stack-${stack.stack}`,
        variables: variables(stack, "drift"),
        script: ["npm ci", "delivery/steps/stack.sh drift", auditCommand],
        artifacts: { when: "on_failure", paths: ["report.md"], expire_in: "30 days" },
      },
    ],
  ]);
  const pipeline = {
    stages: ["preview", "images", "up", "drift"],
    default: { image, before_script: tools, interruptible: true },
    ...Object.fromEntries(jobs),
  };
  return `# Written by \`${command}\` from the stack files: change those, and run it again. docs/delivery.md explains it.\n${stringify(pipeline, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
