// The inner loops compiled for avx2.
#define LAZULI_ISA avx2
#include "isa_kernels.inc.h"

namespace lazuli {

const IsaKernels& isa_kernels_avx2() { return kernel_table; }

}  // namespace lazuli
