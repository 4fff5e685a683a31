"""What holds data, and what looks after it."""

from typing import Any
from urllib.parse import urlencode

from call import Call, Inputs, without


def _table(inputs: Inputs) -> Inputs:
    kept = without("attributes", "hashKey", "serverSideEncryption", "pointInTimeRecovery", "ttl")(inputs)
    encryption = inputs["serverSideEncryption"]
    return {
        **kept,
        "attributeDefinitions": [
            {"attributeName": each["name"], "attributeType": each["type"]} for each in inputs["attributes"]
        ],
        "keySchema": [{"attributeName": inputs["hashKey"], "keyType": "HASH"}],
        "SSESpecification": {
            "enabled": encryption["enabled"],
            "SSEType": "KMS",
            "KMSMasterKeyId": encryption["kmsKeyArn"],
        },
    }


def bucket(operation: str, **more: Any) -> Call:
    return Call("s3", operation, **more)


data: dict[str, Call] = {
    "athena/workgroup": Call(
        "athena",
        "CreateWorkGroup",
        names={"configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": "KmsKey"},
    ),
    "backup/plan": Call(
        "backup",
        "CreateBackupPlan",
        named="BackupPlanName",
        under="BackupPlan",
        names={
            "name": "BackupPlanName",
            "rules.schedule": "ScheduleExpression",
            "rules.targetVaultName": "TargetBackupVaultName",
            "rules.startWindow": "StartWindowMinutes",
            "rules.completionWindow": "CompletionWindowMinutes",
            "rules.lifecycle.deleteAfter": "DeleteAfterDays",
            "rules.copyActions.lifecycle.deleteAfter": "DeleteAfterDays",
            "rules.copyActions.destinationVaultArn": "DestinationBackupVaultArn",
        },
        answer={"id": "BackupPlanId", "arn": "BackupPlanArn"},
    ),
    "backup/selection": Call(
        "backup",
        "CreateBackupSelection",
        shape=lambda inputs: {
            "backupPlanId": inputs["planId"],
            "backupSelection": {"selectionName": "provider-made", **without("planId", "name")(inputs)},
        },
        names={
            "backupSelection.conditions.stringEquals.key": "ConditionKey",
            "backupSelection.conditions.stringEquals.value": "ConditionValue",
        },
    ),
    "backup/vault": Call(
        "backup",
        "CreateBackupVault",
        named="BackupVaultName",
        names={"kmsKeyArn": "EncryptionKeyArn", "name": "BackupVaultName"},
        answer={"arn": "BackupVaultArn", "name": "BackupVaultName", "id": "BackupVaultName"},
    ),
    "backup/vaultLockConfiguration": Call("backup", "PutBackupVaultLockConfiguration"),
    "dynamodb/table": Call(
        "dynamodb",
        "CreateTable",
        named="TableName",
        names={"name": "TableName"},
        shape=_table,
        answer={
            "arn": "TableDescription.TableArn",
            "name": "TableDescription.TableName",
            "id": "TableDescription.TableName",
        },
        then=(
            Call(
                "dynamodb",
                "UpdateContinuousBackups",
                named="TableName",
                needs=("pointInTimeRecovery",),
                shape=lambda inputs: {
                    "pointInTimeRecoverySpecification": {
                        "pointInTimeRecoveryEnabled": inputs["pointInTimeRecovery"]["enabled"]
                    }
                },
            ),
            Call(
                "dynamodb",
                "UpdateTimeToLive",
                named="TableName",
                needs=("ttl",),
                shape=lambda inputs: {"timeToLiveSpecification": inputs["ttl"]},
            ),
        ),
    ),
    "ecr/lifecyclePolicy": Call(
        "ecr", "PutLifecyclePolicy", names={"policy": "lifecyclePolicyText", "repository": "repositoryName"}
    ),
    "ecr/repository": Call(
        "ecr",
        "CreateRepository",
        names={"name": "repositoryName", "encryptionConfigurations": "encryptionConfiguration"},
        answer={"arn": "repository.repositoryArn", "repositoryUrl": "repository.repositoryUri"},
    ),
    "ecr/repositoryPolicy": Call(
        "ecr", "SetRepositoryPolicy", names={"policy": "policyText", "repository": "repositoryName"}
    ),
    "efs/fileSystem": Call(
        "efs", "CreateFileSystem", named="CreationToken", answer={"id": "FileSystemId", "arn": "FileSystemArn"}
    ),
    "efs/mountTarget": Call("efs", "CreateMountTarget"),
    "glue/catalogDatabase": Call("glue", "CreateDatabase", under="DatabaseInput"),
    "glue/catalogTable": Call(
        "glue",
        "CreateTable",
        shape=lambda inputs: {"databaseName": inputs["databaseName"], "tableInput": without("databaseName")(inputs)},
        names={"tableInput.storageDescriptor.serDeInfo": "SerdeInfo"},
    ),
    "glue/crawler": Call(
        "glue",
        "CreateCrawler",
        named="Name",
        shape=lambda inputs: {**without("s3Targets")(inputs), "targets": {"s3Targets": inputs["s3Targets"]}},
        names={"securityConfiguration": "CrawlerSecurityConfiguration"},
    ),
    "glue/job": Call("glue", "CreateJob", named="Name", names={"roleArn": "Role"}),
    "glue/securityConfiguration": Call(
        "glue", "CreateSecurityConfiguration", named="Name", answer={"name": "Name", "id": "Name"}
    ),
    "rds/instance": Call(
        "rds",
        "CreateDBInstance",
        names={
            **{"identifier": "DBInstanceIdentifier", "instanceClass": "DBInstanceClass", "username": "MasterUsername"},
            **{"enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports", "multiAz": "MultiAZ"},
            **{
                "performanceInsightsEnabled": "EnablePerformanceInsights",
                "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
            },
            **{
                "parameterGroupName": "DBParameterGroupName",
                "allowMajorVersionUpgrade": None,
                "applyImmediately": None,
            },
        },
        answer={"arn": "DBInstance.DBInstanceArn", "id": "DBInstance.DBInstanceIdentifier"},
    ),
    "rds/parameterGroup": Call(
        "rds",
        "CreateDBParameterGroup",
        named="DBParameterGroupName",
        names={"family": "DBParameterGroupFamily", "parameters": None, "name": "DBParameterGroupName"},
        answer={"name": "DBParameterGroup.DBParameterGroupName", "arn": "DBParameterGroup.DBParameterGroupArn"},
        then=(
            Call(
                "rds",
                "ModifyDBParameterGroup",
                named="DBParameterGroupName",
                shape=lambda inputs: {
                    "parameters": [
                        {
                            "parameterName": each["name"],
                            "parameterValue": each["value"],
                            "applyMethod": each.get("applyMethod", "immediate"),
                        }
                        for each in inputs["parameters"]
                    ]
                },
            ),
        ),
    ),
    "rds/subnetGroup": Call(
        "rds",
        "CreateDBSubnetGroup",
        named="DBSubnetGroupName",
        names={"description": "DBSubnetGroupDescription", "name": "DBSubnetGroupName"},
        answer={"name": "DBSubnetGroup.DBSubnetGroupName", "id": "DBSubnetGroup.DBSubnetGroupName"},
    ),
    "s3/bucket": bucket(
        "CreateBucket", named="Bucket", more={"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    ),
    "s3/bucketLifecycleConfiguration": bucket(
        "PutBucketLifecycleConfiguration",
        shape=lambda inputs: {"bucket": inputs["bucket"], "lifecycleConfiguration": without("bucket")(inputs)},
    ),
    "s3/bucketNotification": bucket(
        "PutBucketNotificationConfiguration",
        shape=lambda inputs: {
            "bucket": inputs["bucket"],
            "notificationConfiguration": {"eventBridgeConfiguration": {}},
            **without("bucket", "eventbridge")(inputs),
        },
    ),
    "s3/bucketObjectv2": bucket(
        "PutObject",
        names={"source": None, "content": None},
        shape=lambda inputs: {
            **without("tags")(inputs),
            **({"tagging": urlencode(inputs["tags"])} if "tags" in inputs else {}),
        },
        more={"Body": b"made up"},
    ),
    "s3/bucketOwnershipControls": bucket(
        "PutBucketOwnershipControls",
        shape=lambda inputs: {
            "bucket": inputs["bucket"],
            "ownershipControls": {"rules": [inputs["rule"]]},
            **without("bucket", "rule")(inputs),
        },
    ),
    "s3/bucketPolicy": bucket("PutBucketPolicy"),
    "s3/bucketPublicAccessBlock": bucket(
        "PutPublicAccessBlock",
        shape=lambda inputs: {"bucket": inputs["bucket"], "publicAccessBlockConfiguration": without("bucket")(inputs)},
    ),
    "s3/bucketServerSideEncryptionConfiguration": bucket(
        "PutBucketEncryption",
        shape=lambda inputs: {
            "bucket": inputs["bucket"],
            "serverSideEncryptionConfiguration": without("bucket")(inputs),
        },
        names={
            "serverSideEncryptionConfiguration.rules.applyServerSideEncryptionByDefault.kmsMasterKeyId": "KMSMasterKeyID"
        },
    ),
    "s3/bucketVersioning": bucket("PutBucketVersioning"),
    "secretsmanager/secret": Call(
        "secretsmanager", "CreateSecret", named="Name", answer={"arn": "ARN", "id": "ARN", "name": "Name"}
    ),
    "secretsmanager/secretVersion": Call("secretsmanager", "PutSecretValue", answer={"arn": "ARN"}),
}
