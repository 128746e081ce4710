/* CUDA's runtime without a card: memory is the host's, kernels are not started, every call succeeds, until
   `fail_with` is set to an error, which is then what each call that reaches the device answers.
   For test/fidelity/cuda_kernels/survey.py; build.sh adds the functions that need no answer. */
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <cuda_runtime_api.h>
#define OK return cudaSuccess
#undef cudaGetDeviceProperties
int fail_with;
#define CK if (fail_with) return fail_with;
static char dummy[65536];
static int generic(void) { return 0; }
#if CUDART_VERSION >= 13000
#define PROPS cudaGetDeviceProperties
#else
#define PROPS cudaGetDeviceProperties_v2
#endif
cudaError_t PROPS(struct cudaDeviceProp *p, int d) {
  memset(p, 0, sizeof *p); strcpy(p->name, "NVIDIA H200"); p->major = 9; p->minor = 0; p->warpSize = 32;
  p->multiProcessorCount = 132; p->maxThreadsPerBlock = 1024; p->maxThreadsPerMultiProcessor = 2048;
  p->maxGridSize[0] = 2147483647; p->maxGridSize[1] = p->maxGridSize[2] = 65535;
  p->maxThreadsDim[0] = p->maxThreadsDim[1] = 1024; p->maxThreadsDim[2] = 64;
  p->sharedMemPerBlock = 49152; p->sharedMemPerBlockOptin = 232448; p->sharedMemPerMultiprocessor = 233472;
  p->totalGlobalMem = 150754820096ull; p->regsPerBlock = 65536; p->regsPerMultiprocessor = 65536;
  p->textureAlignment = 512; p->l2CacheSize = 62914560; p->maxBlocksPerMultiProcessor = 32;
  OK;
}
#if CUDART_VERSION < 12000
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *p, int d) { return PROPS(p, d); }
#endif
cudaError_t cudaGetDeviceCount(int *n) {
  *n = 1;
  OK;
}
cudaError_t cudaGetDevice(int *n) {
  *n = 0;
  OK;
}
cudaError_t cudaDriverGetVersion(int *n) {
  *n = CUDART_VERSION;
  OK;
}
cudaError_t cudaRuntimeGetVersion(int *n) {
  *n = CUDART_VERSION;
  OK;
}
cudaError_t cudaDeviceGetAttribute(int *v, enum cudaDeviceAttr a, int d) {
  switch ((int)a) { case 1: case 2: case 3: *v = 1024; break; case 4: *v = 64; break; case 5: *v = 2147483647; break;
    case 6: case 7: *v = 65535; break; case 8: *v = 49152; break; case 10: *v = 32; break; case 12: *v = 65536; break;
    case 16: *v = 132; break; case 39: *v = 2048; break; case 75: *v = 9; break; case 76: *v = 0; break;
    case 81: *v = 233472; break; case 97: *v = 232448; break; default: *v = 0; } OK; }
cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes *a, const void *f) { CK
  memset(a, 0, sizeof *a); a->maxThreadsPerBlock = 1024; a->binaryVersion = 90; a->ptxVersion = 90; a->numRegs = 32;
  a->maxDynamicSharedSizeBytes = 49152;
  OK;
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *n, const void *f, int b, size_t s, unsigned fl) {
  CK *n = 2;
  OK;
}
static cudaError_t get(void **p, size_t n) { if (posix_memalign(p, 512, n + 512)) return cudaErrorMemoryAllocation; memset(*p, 0, n);
  OK;
}
cudaError_t cudaMalloc(void **p, size_t n) {
  CK return get(p, n); }
cudaError_t cudaMallocAsync(void **p, size_t n, cudaStream_t s) {
  CK return get(p, n); }
cudaError_t cudaHostAlloc(void **p, size_t n, unsigned f) {
  CK return get(p, n); }
cudaError_t cudaFree(void *p) {
  CK free(p);
  OK;
}
cudaError_t cudaFreeAsync(void *p, cudaStream_t s) { free(p);
  OK;
}
cudaError_t cudaFreeHost(void *p) {
  CK free(p);
  OK;
}
cudaError_t cudaMemcpy(void *d, const void *s, size_t n, enum cudaMemcpyKind k) {
  CK memmove(d, s, n);
  OK;
}
cudaError_t cudaMemcpyAsync(void *d, const void *s, size_t n, enum cudaMemcpyKind k, cudaStream_t t) {
  CK memmove(d, s, n);
  OK;
}
cudaError_t cudaMemcpyPeerAsync(void *d, int dd, const void *s, int sd, size_t n, cudaStream_t t) { memmove(d, s, n);
  OK;
}
cudaError_t cudaMemset(void *d, int v, size_t n) {
  CK memset(d, v, n);
  OK;
}
cudaError_t cudaMemsetAsync(void *d, int v, size_t n, cudaStream_t s) {
  CK memset(d, v, n);
  OK;
}
cudaError_t cudaMemGetInfo(size_t *f, size_t *t) {
  CK *f = *t = 150754820096ull;
  OK;
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t *s, unsigned f, int p) {
  CK *s = malloc(64);
  OK;
}
cudaError_t cudaStreamCreate(cudaStream_t *s) {
  *s = malloc(64);
  OK;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned f) {
  *s = malloc(64);
  OK;
}
cudaError_t cudaStreamGetPriority(cudaStream_t s, int *p) {
  CK *p = 0;
  OK;
}
cudaError_t cudaDeviceGetStreamPriorityRange(int *l, int *g) {
  *l = 0; *g = -5;
  OK;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t s, enum cudaStreamCaptureStatus *st) {
  CK *st = 0;
  OK;
}
#undef cudaEventCreate
cudaError_t cudaEventCreate(cudaEvent_t *e) {
  CK *e = malloc(64);
  OK;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned f) {
  CK *e = malloc(64);
  OK;
}
cudaError_t cudaEventElapsedTime(float *t, cudaEvent_t a, cudaEvent_t b) {
  *t = 0;
  OK;
}
const char *cudaGetErrorString(cudaError_t e) { return e==710?"device-side assert triggered":"error"; }
const char *cudaGetErrorName(cudaError_t e) { return e==710?"cudaErrorAssert":"cudaError"; }
cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *a, const void *p) {
  memset(a, 0, sizeof *a);
  OK;
}
cudaError_t cudaDeviceGetPCIBusId(char *s, int n, int d) { snprintf(s, n, "0000:01:00.0");
  OK;
}
cudaError_t cudaGetSymbolAddress(void **p, const void *s) {
  *p = dummy;
  OK;
}
static __thread struct { dim3 g, b; size_t m; void *s; } conf;
unsigned __cudaPushCallConfiguration(dim3 g, dim3 b, size_t m, void *s) { conf.g = g; conf.b = b; conf.m = m; conf.s = s; return 0; }
cudaError_t __cudaPopCallConfiguration(dim3 *g, dim3 *b, size_t *m, void *s) {
  *g = conf.g; *b = conf.b; *m = conf.m; *(void **)s = conf.s;
  OK;
}
void **__cudaRegisterFatBinary(void *f) { return (void **)dummy; }
cudaError_t __cudaGetKernel(void **k, const void *f) {
  *k = dummy;
  OK;
}
