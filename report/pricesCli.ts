/** `npm run prices -- --region eu-west-1 [key…]`: asks the AWS Price List API, with the credentials of the AWS CLI. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { Command } from "commander";
import type { Product } from "./cost/priceQueries";
import { priceFile, readPrices } from "./cost/prices";
import { type AskPrices, refresh } from "./cost/refresh";

const run = promisify(execFile);

/** The API answers in few regions, for all of them. https://docs.aws.amazon.com/general/latest/gr/billing.html */
const endpointRegion = "us-east-1";

const ask: AskPrices = async (service, filters) => {
  const written = Object.entries(filters).map(([field, value]) => `Type=TERM_MATCH,Field=${field},Value=${value}`);
  const { stdout } = await run(
    "aws",
    [
      ...["pricing", "get-products", "--region", endpointRegion, "--output", "json"],
      ...["--service-code", service, "--filters", ...written],
    ],
    { maxBuffer: 256 * 1024 * 1024 },
  );
  return (JSON.parse(stdout) as { PriceList: string[] }).PriceList.map((product) => JSON.parse(product) as Product);
};

new Command("prices")
  .description("Brings the list prices of a region up to date. Needs the AWS CLI and the right pricing:GetProducts.")
  .requiredOption("--region <region>", "region of AWS, such as eu-west-1")
  .argument("[keys...]", "prices to add, as a report names those that it does not know")
  .action(async (keys: string[], { region }: { region: string }) => {
    try {
      const { list, changed, left } = await refresh(
        readPrices(region),
        keys,
        ask,
        new Date().toISOString().slice(0, 10),
      );
      writeFileSync(priceFile(region), `${JSON.stringify(list, null, 2)}\n`);
      for (const { key, before, after } of changed) console.log(`${key}: ${before ?? "new"} -> ${after}`);
      for (const { key, why } of left) console.log(`${key}: left, ${why}`);
      console.log(`${Object.keys(list.prices).length} prices of ${region}, ${changed.length} changed.`);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      console.error(
        code === "ENOENT"
          ? "The AWS CLI is needed: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
          : message,
      );
      process.exitCode = 1;
    }
  })
  .parseAsync();
