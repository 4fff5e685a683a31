import * as pulumi from "@pulumi/pulumi";
import type { AppSurroundings } from "../../components/contracts/app";
import type { Database, ObjectStore } from "../../components/contracts/foundation";
import { keyArn, Marker } from "./foundation";

/** What an app gets, all made up. */

export function surroundings(over: Partial<AppSurroundings> = {}): AppSurroundings {
  return {
    ready: [new Marker("cluster")],
    placement: { nodeSelector: { "mlplatform/purpose": "apps" }, tolerations: [] },
    keepData: false,
    values: {},
    ...over,
  };
}

export function database(name: string, over: Partial<Database> = {}): Database {
  return {
    host: pulumi.output("database.fake.invalid"),
    portNumber: 5432,
    databaseName: name,
    userName: name,
    password: pulumi.secret("made-up-password"),
    ready: [new Marker("database")],
    ...over,
  };
}

export function store(name: string): ObjectStore {
  return {
    bucketName: pulumi.output(name),
    bucketArn: pulumi.output(`arn:aws:s3:::${name}`),
    uri: pulumi.output(`s3://${name}`),
    keyArn: pulumi.output(keyArn),
  };
}
