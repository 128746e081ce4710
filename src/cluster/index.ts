/** Many GPU hosts as one: what they share is in a Valkey or Redis store. */
export { createQuotaStore } from './quota/quota-store.js';
export { createMembership, type Membership } from './registry/membership.js';
export type { NodeFacts } from './registry/records.js';
export { createRegistry, type NamedSpace, type Registry } from './registry/registry.js';
export { parseStoreAddress, type StoreAddress } from './store/address.js';
export { connectStore, type StoreConnection, type StoreOptions } from './store/connection.js';
export { StoreUnreachable } from './store/failures.js';
export { createLibrary, type Library } from './store/library.js';
