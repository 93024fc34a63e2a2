// The inner loops compiled for avx512.
#define LAZULI_ISA avx512
#include "isa_kernels.inc.h"

namespace lazuli {

const IsaKernels& isa_kernels_avx512() { return kernel_table; }

}  // namespace lazuli
