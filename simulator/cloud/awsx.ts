import { componentPackage } from "./componentPackage";
import { vpc } from "./expansions/vpc";

export const awsxPackage = componentPackage("awsx", "@pulumi/awsx", { "awsx:ec2:Vpc": vpc });
