/** The members of a CycloneDX document that are read here. All others are passed on unchanged. */
export interface BillOfMaterials {
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly scope?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
}

/** The packages that npm installs with this one, as `name@version`. */
export interface Shipped {
  /** The package's own name: npm would use the name of the folder. */
  readonly name: string;
  readonly installed: ReadonlySet<string>;
  readonly bundled: ReadonlySet<string>;
}

const DEVELOPMENT = 'cdx:npm:package:development';

/**
 * The bill of what is shipped: the packages that npm installs with this one, and those inside its bundles, which npm takes for
 * development dependencies.
 *
 * @param whole of the project, as `npm sbom` writes it
 */
export function shippedMaterials<Bill extends BillOfMaterials>(whole: Bill, shipped: Shipped): Bill {
  const refs = new Set([...shipped.installed, ...shipped.bundled]);
  const components = whole.components.filter((component) => refs.has(component['bom-ref']));
  const listed = new Set(components.map((component) => component['bom-ref']));
  const missing = [...refs].filter((ref) => !listed.has(ref));
  if (missing.length > 0) throw new Error(`npm does not list what is shipped: ${missing.join(', ')}`);
  const root = whole.metadata.component['bom-ref'];
  return {
    ...whole,
    metadata: { ...whole.metadata, component: { ...whole.metadata.component, name: shipped.name } },
    components: components.map(asRequired),
    dependencies: whole.dependencies
      .filter(({ ref }) => ref === root || refs.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) })),
  };
}

function asRequired(component: Component): Component {
  const properties = (component.properties ?? []).filter(({ name }) => name !== DEVELOPMENT);
  return { ...component, scope: 'required', properties };
}
