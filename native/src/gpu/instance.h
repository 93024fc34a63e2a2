// What Vulkan finds on this machine: the loader, one instance for the life of the process, and the physical devices
// with what they can do and why one cannot be used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vulkan.h"

// Vulkan's structs begin with their type; what is not named is 0.
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif

namespace lazuli::gpu {

/// A shape the device's matrix units take: A [m, k] · B [k, n] of 16-bit floats into float32. 0 where there are none.
struct MatrixShape {
  uint32_t m = 0, n = 0, k = 0;
};

/// A physical device as `lazuli devices` shows it.
struct DeviceDescription {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  std::string name;
  std::string type;  // discrete, integrated, virtual, software or other
  std::string driver;
  std::string driver_version;
  std::string uuid;
  std::string api_version;
  int64_t memory = 0;  // bytes of the largest device-local heap
  int64_t budget = 0;  // of which this process may use now
  uint32_t subgroup_size = 0;
  uint32_t queue_family = 0;
  uint32_t queue_count = 1;             // of that family
  std::optional<uint32_t> copy_family;  // of queues that only copy, beside whatever the others do
  bool is_software = false;
  bool has_storage16 = false;
  bool has_memory_budget = false;
  MatrixShape half_units, brain_units;  // of float16 and of bfloat16
  bool must_fix_subgroups = false;  // subgroups have other sizes unless a pipeline asks for subgroup_size
  uint32_t shared_bytes = 0;  // of a workgroup
  std::vector<std::string> features;
  std::string refusal;  // why it cannot be used; empty when it can
};

class Instance {
 public:
  /// The process's instance; made at the first call. `failure()` says why there is none.
  static Instance& get();

  const std::string& failure() const { return failure_; }
  std::vector<DeviceDescription> devices() const;
  /// What validation layers said since the last call; empty unless LAZULI_GPU_VALIDATE=1 asked for them.
  std::vector<std::string> take_messages();

#define LAZULI_VK_DECLARE(name) PFN_##name name = nullptr;
  LAZULI_VK_GLOBAL(LAZULI_VK_DECLARE)
  LAZULI_VK_INSTANCE(LAZULI_VK_DECLARE)
#undef LAZULI_VK_DECLARE

  VkInstance handle = VK_NULL_HANDLE;
  GetCooperativeMatrixProperties get_cooperative_matrix_properties = nullptr;

 private:
  Instance();
  std::string open();
  DeviceDescription describe(VkPhysicalDevice device) const;
  void find_units(DeviceDescription& text, bool has_bfloat16) const;

  std::string failure_;
};

/// A Vulkan result as text.
std::string result_text(VkResult result);

}  // namespace lazuli::gpu
