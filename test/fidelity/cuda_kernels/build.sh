#!/usr/bin/env bash
# build.sh TORCH_LIB CUDA_INCLUDE OUT: what stands in for NVIDIA's libraries below a CUDA build of PyTorch.
#
#   TORCH_LIB     site-packages/torch/lib of the build
#   CUDA_INCLUDE  headers of its CUDA release (site-packages/triton/backends/nvidia/include has them)
#   OUT           a folder: runtime.so and libraries.so are to be preloaded, driver/ goes on LD_LIBRARY_PATH
#
# Every function that PyTorch's libraries import and runtime.c does not define answers 0. cuSOLVER, cuDNN, cuSPARSE and cuFFT
# stay NVIDIA's own: they find no device, and say so once the types of a call have passed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lib=$1 include=$2 out=$3
mkdir -p "$out/driver"

imported() { nm -D --undefined-only "$lib"/*.so 2>/dev/null | sed -E 's/.* U //; s/@.*//' | grep -E "$1" | sort -u; }

gcc -w -fPIC -O1 -I"$include" -c "$here/runtime.c" -o "$out/runtime.o"
gcc -w -fPIC -O1 -c "$here/runtime_by_release.c" -o "$out/by_release.o"
gcc -shared "$out/runtime.o" "$out/by_release.o" -o "$out/defined.so"
nm -D --defined-only "$out/defined.so" | awk '{print $3}' | sort -u > "$out/defined"
{
  echo 'extern int fail_with;'
  imported '^(__cuda[A-Z]|cuda[A-Z][a-z])' | comm -23 - "$out/defined" | while read -r name; do
    case $name in
      cudaDeviceSynchronize | cudaEvent* | cudaGetLastError | cudaPeekAtLastError | *LaunchKernel* | cudaStream* | cudaFuncSetAttribute | cudaLaunchHostFunc)
        echo "int $name(void) { return fail_with; }" ;;
      *) echo "int $name(void) { return 0; }" ;;
    esac
  done
} > "$out/silent.c"
gcc -w -fPIC -O1 -c "$out/silent.c" -o "$out/silent.o"
gcc -shared "$out/runtime.o" "$out/by_release.o" "$out/silent.o" -o "$out/runtime.so"

{
  echo 'static char handle[65536];'
  imported '^cublas' | while read -r name; do
    case $name in
      cublasCreate_v2 | cublasLtCreate) echo "int $name(void **to) { *to = handle; return 0; }" ;;
      *) echo "int $name(void) { return 0; }" ;;
    esac
  done
} > "$out/libraries.c"
gcc -w -shared -fPIC "$out/libraries.c" -o "$out/libraries.so"

{
  echo 'int cuGetProcAddress(void) { return 100; } int cuGetProcAddress_v2(void) { return 100; }'
  echo 'int cuInit(int flags) { return 0; } int cuDriverGetVersion(int *to) { *to = 13000; return 0; }'
  imported '^cu[A-Z]' | grep -vE '^cu(GetProcAddress|Init$|DriverGetVersion|File|da)' | sed -E 's/.*/int &(void) { return 0; }/'
} > "$out/driver.c"
gcc -w -shared -fPIC "$out/driver.c" -Wl,-soname,libcuda.so.1 -o "$out/driver/libcuda.so.1"
