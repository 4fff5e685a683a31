/** What the model is asked in. */
export const question = { dataframe_split: { columns: ["x"], data: [[20]] } };

/** What its version answers: 20 and the addend. */
export const answerOf = (addend: number) => 20 + addend;

/**
 * Files of an MLflow model that adds a number. Its code is text, so that nothing has to be pickled here, and asks for no package.
 * https://mlflow.org/docs/latest/ml/model/
 */
export function modelFiles(addend: number): Record<string, string> {
  const column = (name: string) => JSON.stringify([{ type: "double", name, required: true }]);
  return {
    MLmodel: [
      "flavors:",
      "  python_function:",
      "    code: code",
      "    data: addend.txt",
      "    loader_module: smoke_model",
      "signature:",
      `  inputs: '${column("x")}'`,
      `  outputs: '${column("y")}'`,
      "",
    ].join("\n"),
    "addend.txt": `${addend}\n`,
    "code/smoke_model.py": [
      "class Adds:",
      "    def __init__(self, addend):",
      "        self.addend = addend",
      "",
      "    def predict(self, table, params=None):",
      '        return (table["x"] + self.addend).rename("y").to_frame()',
      "",
      "",
      "def _load_pyfunc(path):",
      "    with open(path) as file:",
      "        return Adds(float(file.read()))",
      "",
    ].join("\n"),
  };
}
