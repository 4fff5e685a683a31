/** Every described service. Add a service: write its file in the words of describe.ts and name it here. */
import "./ec2";
import "./eks";
import "./iam";
import "./kms";
import "./s3";
import "./rds";
import "./efs";
import "./ecr";
import "./secretsmanager";
import "./lambda";
import "./cloudwatch";
import "./messaging";
import "./dns";
import "./budgets";
import "./ssm";
