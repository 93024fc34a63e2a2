// The inner loops compiled for the compiler's default target (on ARM that is NEON).
#define LAZULI_ISA portable
#include "isa_kernels.inc.h"

namespace lazuli {

const IsaKernels& isa_kernels_portable() { return kernel_table; }

}  // namespace lazuli
