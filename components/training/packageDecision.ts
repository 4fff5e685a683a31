/** What a package of SageMaker's registry says was decided of it, as the registrar is told: expressions in JSONata on the answer of DescribeModelPackage. */

const found = "$states.result";
const person = `${found}.LastModifiedBy`;
const named = `[${person}.IamIdentity.Arn, ${person}.UserProfileName, 'somebody in SageMaker'][0]`;

/**
 * @param otherwise `by`: who decided where the package does not say that anybody changed it; `at`: when, the same, as an expression
 * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeModelPackage.html
 */
export const packageDecision = (otherwise: { by: string; at: string }) => ({
  packageUri: `${found}.InferenceSpecification.Containers[0].ModelDataUrl`,
  status: `${found}.ModelApprovalStatus`,
  by: `$exists(${person}) ? ${named} : '${otherwise.by}'`,
  at: `[${found}.LastModifiedTime, ${otherwise.at}][0]`,
  reason: `[${found}.ApprovalDescription, ''][0]`,
});
