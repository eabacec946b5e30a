package main

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	name   = "leader-elector"
	volume = "leader-elector-token"
	prefix = "leader-elector.io/"
)

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// inject says what turns a Pod that asks for it into one with a sidecar.
func inject(pod *corev1.Pod, image string) []operation {
	if pod.Annotations[prefix+"inject"] != "true" {
		return nil
	}
	for _, container := range pod.Spec.InitContainers {
		if container.Name == name {
			return nil
		}
	}
	lease := leaseName(pod)
	operations := []operation{
		{"add", pointer("/metadata/annotations/", "lease-name"), lease},
		{"add", pointer("/metadata/annotations/", "status"), "injected"},
	}
	if pod.Labels == nil {
		operations = append(operations, operation{"add", "/metadata/labels", map[string]string{prefix + "injected": "true"}})
	} else {
		operations = append(operations, operation{"add", pointer("/metadata/labels/", "injected"), "true"})
	}
	if pod.Spec.Volumes == nil {
		operations = append(operations, operation{"add", "/spec/volumes", []corev1.Volume{token()}})
	} else {
		operations = append(operations, operation{"add", "/spec/volumes/-", token()})
	}
	if pod.Spec.InitContainers == nil {
		return append(operations, operation{"add", "/spec/initContainers", []corev1.Container{sidecar(lease, image)}})
	}
	return append(operations, operation{"add", "/spec/initContainers/0", sidecar(lease, image)})
}

func pointer(parent, annotation string) string {
	return parent + strings.ReplaceAll(prefix, "/", "~1") + annotation
}

// leaseName is that of the workload: of a ReplicaSet's Pod, that of its Deployment.
func leaseName(pod *corev1.Pod) string {
	if asked := pod.Annotations[prefix+"lease-name"]; asked != "" {
		return asked
	}
	owner := metav1.GetControllerOf(pod)
	if owner == nil {
		return pod.Name
	}
	return strings.TrimSuffix(owner.Name, "-"+pod.Labels["pod-template-hash"])
}

func token() corev1.Volume {
	seconds := int64(3600)
	return corev1.Volume{Name: volume, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{ExpirationSeconds: &seconds, Path: "token"}},
			{ConfigMap: &corev1.ConfigMapProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"},
				Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
			}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{
				{Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}},
			}}},
		},
	}}}
}

func sidecar(lease, image string) corev1.Container {
	always := corev1.ContainerRestartPolicyAlways
	no, yes := false, true
	amounts := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("50m"),
		corev1.ResourceMemory: resource.MustParse("32Mi"),
	}
	return corev1.Container{
		Name:          name,
		Image:         image,
		RestartPolicy: &always,
		Args:          []string{"--lease-name=" + lease},
		Env: []corev1.EnvVar{
			field("POD_NAME", "metadata.name"), field("POD_UID", "metadata.uid"), field("NAMESPACE", "metadata.namespace"),
		},
		Ports:          []corev1.ContainerPort{{Name: name, ContainerPort: 4040, Protocol: corev1.ProtocolTCP}},
		StartupProbe:   probe("/healthz", 1, 2, 30),
		LivenessProbe:  probe("/healthz", 10, 5, 3),
		ReadinessProbe: probe("/readyz", 2, 2, 3),
		Resources:      corev1.ResourceRequirements{Requests: amounts, Limits: amounts},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no,
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			ReadOnlyRootFilesystem:   &yes,
			RunAsNonRoot:             &yes,
			SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		VolumeMounts: []corev1.VolumeMount{
			{Name: volume, MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true},
		},
	}
}

func field(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}
}

func probe(path string, period, timeout, failures int32) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:     corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString(name)}},
		PeriodSeconds:    period,
		TimeoutSeconds:   timeout,
		FailureThreshold: failures,
	}
}
