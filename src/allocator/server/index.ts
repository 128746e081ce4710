export {
  type AllocatorOptions,
  type AllocatorServer,
  type SpaceRegistration,
  startAllocator,
} from './allocator.js';
export type { QuotaStore, Reservation } from './quota-store.js';
