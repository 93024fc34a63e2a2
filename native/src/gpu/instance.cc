// See instance.h.
#include "instance.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <utility>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#include <unistd.h>
#endif

namespace lazuli::gpu {
namespace {

std::mutex message_mutex;
std::vector<std::string> messages;

VKAPI_ATTR VkBool32 VKAPI_CALL collect(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                       VkDebugUtilsMessageTypeFlagsEXT type,
                                       const VkDebugUtilsMessengerCallbackDataEXT* data, void*) {
  if (severity < VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT) return VK_FALSE;
  // The loader's own remarks about drivers it skips are no finding.
  if ((type & VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT) == 0) return VK_FALSE;
  const std::lock_guard lock(message_mutex);
  messages.emplace_back(data->pMessage);
  return VK_FALSE;
}

#if defined(_WIN32)
constexpr const char* kLoader = "vulkan-1.dll";
void* open_library(const std::string& name) { return reinterpret_cast<void*>(LoadLibraryA(name.c_str())); }
void* symbol(void* library, const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}
std::string beside_executable() { return ""; }
#else
#if defined(__APPLE__)
constexpr const char* kLoader = "libvulkan.1.dylib";
#else
constexpr const char* kLoader = "libvulkan.so.1";
#endif
void* open_library(const std::string& name) { return dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL); }
void* symbol(void* library, const char* name) { return dlsym(library, name); }
/// Electron brings a loader of its own in its folder.
std::string beside_executable() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  if (length <= 0) return "";
  const std::string file(path, static_cast<size_t>(length));
  return file.substr(0, file.rfind('/') + 1) + kLoader;
}
#endif

void* load_library() {
  if (const char* given = std::getenv("LAZULI_VULKAN_LOADER"))
    if (void* library = open_library(given)) return library;
  if (void* library = open_library(kLoader)) return library;
  const std::string beside = beside_executable();
  return beside.empty() ? nullptr : open_library(beside);
}

std::string version_text(uint32_t version) {
  return std::to_string(VK_API_VERSION_MAJOR(version)) + "." + std::to_string(VK_API_VERSION_MINOR(version)) + "." +
         std::to_string(VK_API_VERSION_PATCH(version));
}

std::string hex(const uint8_t* bytes, size_t count) {
  static const char* digits = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < count; ++i) text += digits[bytes[i] >> 4], text += digits[bytes[i] & 15];
  return text;
}

const char* type_text(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU: return "discrete";
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU: return "integrated";
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU: return "virtual";
    case VK_PHYSICAL_DEVICE_TYPE_CPU: return "software";
    default: return "other";
  }
}

/// The family that copies and does least besides: not kernels, and no pictures where another has none of them either.
std::optional<uint32_t> copy_family_of(const std::vector<VkQueueFamilyProperties>& families) {
  std::optional<uint32_t> found;
  int least = 0;
  for (uint32_t at = 0; at < families.size(); ++at) {
    const VkQueueFlags flags = families[at].queueFlags;
    const bool is_fit = (flags & VK_QUEUE_TRANSFER_BIT) != 0 && families[at].queueCount > 0 &&
                        (flags & (VK_QUEUE_COMPUTE_BIT | VK_QUEUE_GRAPHICS_BIT)) == 0;
    const int others = std::popcount(flags & ~static_cast<VkQueueFlags>(VK_QUEUE_SPARSE_BINDING_BIT));
    if (!is_fit || (found && others >= least)) continue;
    found = at;
    least = others;
  }
  return found;
}

}  // namespace

std::string result_text(VkResult result) {
  switch (result) {
    case VK_ERROR_OUT_OF_HOST_MEMORY: return "out of host memory";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY: return "out of device memory";
    case VK_ERROR_INITIALIZATION_FAILED: return "the driver does not start";
    case VK_ERROR_DEVICE_LOST: return "the device was lost";
    case VK_ERROR_LAYER_NOT_PRESENT: return "a layer that was asked for is not installed";
    case VK_ERROR_EXTENSION_NOT_PRESENT: return "an extension is missing";
    case VK_ERROR_INCOMPATIBLE_DRIVER: return "no driver is installed";
    default: return "Vulkan error " + std::to_string(static_cast<int>(result));
  }
}

Instance& Instance::get() {
  // Never destroyed: drivers run threads that must not outlive their code.
  static Instance& instance = *new Instance();
  return instance;
}

Instance::Instance() { failure_ = open(); }

std::string Instance::open() {
  void* library = load_library();
  if (library == nullptr)
    return std::string("no Vulkan loader (") + kLoader + ") is installed; graphics drivers bring it";
  const auto address =
      reinterpret_cast<PFN_vkGetInstanceProcAddr>(symbol(library, "vkGetInstanceProcAddr"));
  if (address == nullptr) return std::string(kLoader) + " is not a Vulkan loader";
#define LAZULI_VK_LOAD(name)                                                    \
  name = reinterpret_cast<PFN_##name>(address(VK_NULL_HANDLE, #name));          \
  if (name == nullptr) return "the Vulkan loader is too old: it has no " #name;
  LAZULI_VK_GLOBAL(LAZULI_VK_LOAD)
#undef LAZULI_VK_LOAD

  const char* wish = std::getenv("LAZULI_GPU_VALIDATE");
  const bool is_validating = wish != nullptr && std::strcmp(wish, "1") == 0;
  VkApplicationInfo application{VK_STRUCTURE_TYPE_APPLICATION_INFO, nullptr, "Lazuli", 1, "Lazuli", 1,
                                VK_API_VERSION_1_3};
  const VkValidationFeatureEnableEXT enabled[] = {VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
  VkValidationFeaturesEXT features{VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT, nullptr, 1, enabled, 0, nullptr};
  VkDebugUtilsMessengerCreateInfoEXT messenger{VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT};
  messenger.pNext = &features;
  messenger.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT;
  messenger.messageType =
      VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT;
  messenger.pfnUserCallback = collect;
  const char* layers[] = {"VK_LAYER_KHRONOS_validation"};
  const char* extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  VkInstanceCreateInfo info{VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO};
  info.pApplicationInfo = &application;
  if (is_validating) {
    info.pNext = &messenger;
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = layers;
    info.enabledExtensionCount = 1;
    info.ppEnabledExtensionNames = extensions;
  }
  const VkResult result = vkCreateInstance(&info, nullptr, &handle);
  if (result != VK_SUCCESS) return "Vulkan does not start: " + result_text(result);
#define LAZULI_VK_LOAD(name) name = reinterpret_cast<PFN_##name>(address(handle, #name));
  LAZULI_VK_INSTANCE(LAZULI_VK_LOAD)
#undef LAZULI_VK_LOAD
  get_cooperative_matrix_properties = reinterpret_cast<GetCooperativeMatrixProperties>(
      address(handle, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
  if (is_validating) {
    const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
        address(handle, "vkCreateDebugUtilsMessengerEXT"));
    VkDebugUtilsMessengerEXT unused = VK_NULL_HANDLE;
    messenger.pNext = nullptr;
    if (create != nullptr) create(handle, &messenger, nullptr, &unused);
  }
  return "";
}

std::vector<std::string> Instance::take_messages() {
  const std::lock_guard lock(message_mutex);
  return std::exchange(messages, {});
}

std::vector<DeviceDescription> Instance::devices() const {
  std::vector<DeviceDescription> found;
  if (handle == VK_NULL_HANDLE) return found;
  uint32_t count = 0;
  if (vkEnumeratePhysicalDevices(handle, &count, nullptr) != VK_SUCCESS) return found;
  std::vector<VkPhysicalDevice> handles(count);
  vkEnumeratePhysicalDevices(handle, &count, handles.data());
  handles.resize(count);
  for (const VkPhysicalDevice device : handles) found.push_back(describe(device));
  // Hardware first, the discrete before the integrated; drivers that list a device twice keep their order.
  const auto rank = [](const DeviceDescription& each) {
    return each.is_software ? 3 : each.type == "discrete" ? 0 : each.type == "integrated" ? 1 : 2;
  };
  std::stable_sort(found.begin(), found.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return found;
}

DeviceDescription Instance::describe(VkPhysicalDevice device) const {
  DeviceDescription text;
  text.handle = device;
  VkPhysicalDeviceSubgroupProperties subgroup{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceDriverProperties driver{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES, &subgroup};
  VkPhysicalDeviceIDProperties id{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES, &driver};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &id};
  vkGetPhysicalDeviceProperties2(device, &properties);
  const VkPhysicalDeviceProperties& base = properties.properties;
  text.name = base.deviceName;
  text.type = type_text(base.deviceType);
  text.is_software = base.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  text.driver = driver.driverName;
  text.driver_version = driver.driverInfo[0] != 0 ? driver.driverInfo : version_text(base.driverVersion);
  text.uuid = hex(id.deviceUUID, VK_UUID_SIZE);
  text.api_version = version_text(base.apiVersion);
  text.subgroup_size = subgroup.subgroupSize;

  uint32_t count = 0;
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  vkEnumerateDeviceExtensionProperties(device, nullptr, &count, extensions.data());
  const auto has = [&](const char* name) {
    return std::any_of(extensions.begin(), extensions.end(),
                       [&](const auto& each) { return std::strcmp(each.extensionName, name) == 0; });
  };
  text.has_memory_budget = has(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);

  VkPhysicalDeviceMemoryBudgetPropertiesEXT budget{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
  VkPhysicalDeviceMemoryProperties2 memory{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2};
  if (text.has_memory_budget) memory.pNext = &budget;
  vkGetPhysicalDeviceMemoryProperties2(device, &memory);
  for (uint32_t heap = 0; heap < memory.memoryProperties.memoryHeapCount; ++heap) {
    const VkMemoryHeap& each = memory.memoryProperties.memoryHeaps[heap];
    const auto size = static_cast<int64_t>(each.size);
    if ((each.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) == 0 || size <= text.memory) continue;
    text.memory = size;
    const auto left = static_cast<int64_t>(budget.heapBudget[heap]);
    text.budget = text.has_memory_budget && left > 0 ? std::min(left, size) : size / 10 * 8;
  }

  count = 0;
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  vkGetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
  const auto family = std::find_if(families.begin(), families.end(), [](const auto& each) {
    return (each.queueFlags & VK_QUEUE_COMPUTE_BIT) != 0;
  });
  text.queue_family = static_cast<uint32_t>(family - families.begin());
  if (family != families.end()) text.queue_count = family->queueCount;
  text.copy_family = copy_family_of(families);

  if (base.apiVersion < VK_API_VERSION_1_2) {
    text.refusal = "its driver knows Vulkan " + text.api_version + ", and 1.2 is needed";
    return text;
  }
  VkPhysicalDeviceVulkan12Features v12{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES};
  VkPhysicalDeviceVulkan11Features v11{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, &v12};
  VkPhysicalDeviceFeatures2 available{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &v11};
  vkGetPhysicalDeviceFeatures2(device, &available);
  text.has_storage16 = v11.storageBuffer16BitAccess == VK_TRUE;
  if (text.has_storage16) text.features.emplace_back("16-bit storage");
  if (v12.shaderFloat16) text.features.emplace_back("float16");
  text.shared_bytes = base.limits.maxComputeSharedMemorySize;
  if (has("VK_KHR_cooperative_matrix") && text.has_storage16 && v12.vulkanMemoryModel && base.apiVersion >= VK_API_VERSION_1_3)
    find_units(text, has("VK_KHR_shader_bfloat16"));
  if (v12.shaderFloat16 == VK_FALSE) text.half_units = {};
  if (text.half_units.m > 0) text.features.emplace_back("float16 matrix units");
  if (text.brain_units.m > 0) text.features.emplace_back("bfloat16 matrix units");
  if (text.copy_family) text.features.emplace_back("transfer queue");
  if (text.has_memory_budget) text.features.emplace_back("memory budget");
  std::string missing;
  const auto need = [&](bool is_there, const char* what) {
    if (!is_there) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  need(family != families.end(), "a compute queue");
  need(v12.bufferDeviceAddress == VK_TRUE, "buffer device addresses");
  need(v12.timelineSemaphore == VK_TRUE, "timeline semaphores");
  need(base.limits.maxComputeWorkGroupInvocations >= 256, "workgroups of 256");
  need(base.limits.maxComputeSharedMemorySize >= 32768, "32 KiB of shared memory");
  if (!missing.empty()) text.refusal = "it lacks " + missing;
  return text;
}

/// What the matrix units multiply, where kernels can count on the number of threads in a subgroup.
void Instance::find_units(DeviceDescription& text, bool has_bfloat16) const {
  Bfloat16Features brain{kBfloat16Features, nullptr};
  CooperativeMatrixFeatures matrix{kCooperativeMatrixFeatures, has_bfloat16 ? &brain : nullptr};
  VkPhysicalDeviceVulkan13Features v13{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES, &matrix};
  VkPhysicalDeviceFeatures2 available{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &v13};
  vkGetPhysicalDeviceFeatures2(text.handle, &available);
  VkPhysicalDeviceSubgroupSizeControlProperties sizes{
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
  VkPhysicalDeviceProperties2 properties{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, &sizes};
  vkGetPhysicalDeviceProperties2(text.handle, &properties);
  text.must_fix_subgroups = sizes.minSubgroupSize != sizes.maxSubgroupSize;
  const bool can_fix = v13.subgroupSizeControl && v13.computeFullSubgroups &&
                       (sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
  if (matrix.cooperativeMatrix == VK_FALSE || (text.must_fix_subgroups && !can_fix)) return;
  uint32_t count = 0;
  if (get_cooperative_matrix_properties == nullptr) return;
  if (get_cooperative_matrix_properties(text.handle, &count, nullptr) != VK_SUCCESS) return;
  std::vector<CooperativeMatrixProperties> shapes(count, {kCooperativeMatrixProperties});
  if (get_cooperative_matrix_properties(text.handle, &count, shapes.data()) != VK_SUCCESS) return;
  for (const CooperativeMatrixProperties& each : shapes) {
    const bool is_fit = each.a_type == each.b_type && each.c_type == kComponentFloat32 &&
                        each.result_type == kComponentFloat32 && each.scope == kScopeSubgroup && each.m % 8 == 0 &&
                        each.n % 8 == 0 && each.k % 8 == 0 && 32 % each.m == 0 && 32 % each.n == 0 && 32 % each.k == 0;
    if (!is_fit) continue;
    const bool is_brain = each.a_type == kComponentBfloat16 && brain.shaderBFloat16CooperativeMatrix;
    if (!is_brain && each.a_type != kComponentFloat16) continue;
    MatrixShape& known = is_brain ? text.brain_units : text.half_units;
    if (each.m * each.n * each.k > known.m * known.n * known.k) known = {each.m, each.n, each.k};
  }
}

}  // namespace lazuli::gpu
