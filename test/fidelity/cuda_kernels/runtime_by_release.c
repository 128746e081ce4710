/* Functions of CUDA's runtime whose parameters differ between releases: the first ones are all that is answered. */
#include <stddef.h>
static char dummy[65536]; static int generic(void){return 0;}
#define OK return 0
typedef int cudaError_t; typedef void*cudaStream_t;
cudaError_t cudaStreamGetCaptureInfo(cudaStream_t s, int *st) {
  *st = 0;
  OK;
}
cudaError_t cudaStreamGetCaptureInfo_v2(cudaStream_t s, int *st) {
  *st = 0;
  OK;
}
cudaError_t cudaGetDriverEntryPoint(const char *s, void **f, unsigned long long fl, void *st) {
  *f = (void *)generic; if (st) *(int *)st = 0;
  OK;
}
cudaError_t cudaGetDriverEntryPointByVersion(const char *s, void **f, unsigned v, unsigned long long fl, int *st) {
  *f = (void *)generic; if (st) *st = 0;
  OK;
}
cudaError_t cudaLibraryGetKernel(void **k, void *l, const char *n) {
  *k = dummy;
  OK;
}
