export {
  type AllocatorOptions,
  type AllocatorServer,
  type SpaceRegistration,
  startAllocator,
} from './allocator.js';
