import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as ts from "typescript";

const project = join(__dirname, "../..");

/** An import of one file of the program by another, both as paths below the project. */
export interface Import {
  from: string;
  to: string;
  /** Whether only types come with it, which are gone when the program runs. */
  typesOnly: boolean;
}

const isTypesOnly = (statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean => {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  const clause = statement.importClause;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const { namedBindings } = clause;
  return (
    clause.name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every((each) => each.isTypeOnly)
  );
};

function importsOf(file: string): Import[] {
  const path = join(project, file);
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return [];
    const { resolvedModule } = ts.resolveModuleName(
      moduleSpecifier.text,
      path,
      { moduleResolution: ts.ModuleResolutionKind.Node10, resolveJsonModule: true },
      ts.sys,
    );
    if (resolvedModule === undefined || resolvedModule.isExternalLibraryImport) return [];
    return [{ from: file, to: relative(project, resolvedModule.resolvedFileName), typesOnly: isTypesOnly(statement) }];
  });
}

/** Every import between files of the project below these folders. */
export function importsBelow(...folders: string[]): Import[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(project, folder), { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith(".ts"))
    .flatMap(importsOf);
}

/** Files that import each other in a circle, each circle once, by what is there when the program runs. */
export function circles(imports: Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to, typesOnly } of imports) if (!typesOnly) next.set(from, [...(next.get(from) ?? []), to]);
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (file: string, trail: string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) {
      found.push([...trail.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    for (const each of next.get(file) ?? []) walk(each, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}

/** Folder that a file of the program belongs to: below `components` the one there, elsewhere the outermost. */
export function folderOf(file: string): string {
  const [outer, inner = ""] = file.split("/");
  return outer === "components" ? inner : outer!;
}
