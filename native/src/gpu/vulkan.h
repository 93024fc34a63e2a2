// The Vulkan loader, found at run time: nothing links against it, so one addon works where there is none. Function
// pointers by table; the headers are native/vendor's.
#pragma once

#if defined(__GNUC__)
#pragma GCC system_header
#endif
#define VK_NO_PROTOTYPES
#include "../../vendor/vulkan/vulkan_core.h"

// VK_KHR_cooperative_matrix and VK_KHR_shader_bfloat16, which are newer than those headers.
constexpr auto kCooperativeMatrixFeatures = static_cast<VkStructureType>(1000506000);
constexpr auto kCooperativeMatrixProperties = static_cast<VkStructureType>(1000506001);
constexpr auto kBfloat16Features = static_cast<VkStructureType>(1000141000);
constexpr uint32_t kComponentFloat16 = 0, kComponentFloat32 = 1, kComponentBfloat16 = 1000141000;
constexpr uint32_t kScopeSubgroup = 3;
struct CooperativeMatrixFeatures {
  VkStructureType sType;
  void* pNext;
  VkBool32 cooperativeMatrix, cooperativeMatrixRobustBufferAccess;
};
struct CooperativeMatrixProperties {
  VkStructureType sType;
  void* pNext;
  uint32_t m, n, k, a_type, b_type, c_type, result_type;
  VkBool32 is_saturating;
  uint32_t scope;
};
struct Bfloat16Features {
  VkStructureType sType;
  void* pNext;
  VkBool32 shaderBFloat16Type, shaderBFloat16DotProduct, shaderBFloat16CooperativeMatrix;
};
using GetCooperativeMatrixProperties = VkResult(VKAPI_PTR*)(VkPhysicalDevice, uint32_t*, CooperativeMatrixProperties*);

#define LAZULI_VK_GLOBAL(X) \
  X(vkEnumerateInstanceVersion) X(vkEnumerateInstanceExtensionProperties) X(vkEnumerateInstanceLayerProperties) X(vkCreateInstance)

#define LAZULI_VK_INSTANCE(X)                                                                           \
  X(vkEnumeratePhysicalDevices) X(vkGetPhysicalDeviceProperties2) X(vkGetPhysicalDeviceFeatures2)       \
  X(vkGetPhysicalDeviceMemoryProperties2) X(vkGetPhysicalDeviceQueueFamilyProperties)                   \
  X(vkEnumerateDeviceExtensionProperties) X(vkCreateDevice) X(vkGetDeviceProcAddr)

#define LAZULI_VK_DEVICE(X)                                                                             \
  X(vkDestroyDevice) X(vkGetDeviceQueue) X(vkDeviceWaitIdle) X(vkAllocateMemory) X(vkFreeMemory)        \
  X(vkMapMemory) X(vkCreateBuffer) X(vkDestroyBuffer) X(vkGetBufferMemoryRequirements)                  \
  X(vkBindBufferMemory) X(vkGetBufferDeviceAddress) X(vkCreateShaderModule) X(vkDestroyShaderModule)    \
  X(vkCreatePipelineLayout) X(vkDestroyPipelineLayout) X(vkCreateComputePipelines) X(vkDestroyPipeline) \
  X(vkCreatePipelineCache) X(vkDestroyPipelineCache) X(vkGetPipelineCacheData) X(vkCreateCommandPool)   \
  X(vkDestroyCommandPool) X(vkAllocateCommandBuffers) X(vkFreeCommandBuffers) X(vkBeginCommandBuffer)   \
  X(vkEndCommandBuffer) X(vkCmdBindPipeline) X(vkCmdPushConstants) X(vkCmdDispatch) X(vkCmdCopyBuffer)  \
  X(vkCmdFillBuffer) X(vkCmdUpdateBuffer) X(vkCmdPipelineBarrier) X(vkQueueSubmit) X(vkCreateSemaphore) X(vkDestroySemaphore) \
  X(vkWaitSemaphores) X(vkGetSemaphoreCounterValue)
