"""A mesh as an FBX file: ASCII, version 7.4, with one model, one mesh and one Phong material.

Autodesk publishes no specification; the layout is the one that its SDK writes and open readers describe.
A polygon's last corner is stored as its complement, so -4 ends a polygon at point 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from mockkrea.media.mesh import Mesh

# Objects are connected by ids; 0 is the scene. Any numbers will do.
GEOMETRY, MODEL, MATERIAL = 1001, 1002, 1003
CENTIMETRES_PER_UNIT = 100

TEMPLATE = """; FBX 7.4.0 project file
FBXHeaderExtension:  {{
	FBXHeaderVersion: 1003
	FBXVersion: 7400
	Creator: "mockkrea"
}}
GlobalSettings:  {{
	Version: 1000
	Properties70:  {{
		P: "UpAxis", "int", "Integer", "",1
		P: "UpAxisSign", "int", "Integer", "",1
		P: "FrontAxis", "int", "Integer", "",2
		P: "FrontAxisSign", "int", "Integer", "",1
		P: "CoordAxis", "int", "Integer", "",0
		P: "CoordAxisSign", "int", "Integer", "",1
		P: "UnitScaleFactor", "double", "Number", "",{scale}
	}}
}}
Definitions:  {{
	Version: 100
	Count: 4
	ObjectType: "GlobalSettings" {{
		Count: 1
	}}
	ObjectType: "Geometry" {{
		Count: 1
	}}
	ObjectType: "Model" {{
		Count: 1
	}}
	ObjectType: "Material" {{
		Count: 1
	}}
}}
Objects:  {{
	Geometry: {geometry}, "Geometry::sculpture", "Mesh" {{
		Vertices: *{point_count} {{
			a: {points}
		}}
		PolygonVertexIndex: *{corner_count} {{
			a: {corners}
		}}
		GeometryVersion: 124
		LayerElementNormal: 0 {{
			Version: 102
			Name: ""
			MappingInformationType: "ByVertice"
			ReferenceInformationType: "Direct"
			Normals: *{point_count} {{
				a: {normals}
			}}
		}}
		LayerElementMaterial: 0 {{
			Version: 101
			Name: ""
			MappingInformationType: "AllSame"
			ReferenceInformationType: "IndexToDirect"
			Materials: *1 {{
				a: 0
			}}
		}}
		Layer: 0 {{
			Version: 100
			LayerElement:  {{
				Type: "LayerElementNormal"
				TypedIndex: 0
			}}
			LayerElement:  {{
				Type: "LayerElementMaterial"
				TypedIndex: 0
			}}
		}}
	}}
	Model: {model}, "Model::sculpture", "Mesh" {{
		Version: 232
		Properties70:  {{
			P: "DefaultAttributeIndex", "int", "Integer", "",0
		}}
		Shading: T
		Culling: "CullingOff"
	}}
	Material: {material}, "Material::{name}", "" {{
		Version: 102
		ShadingModel: "phong"
		MultiLayer: 0
		Properties70:  {{
			P: "DiffuseColor", "Color", "", "A",{colour}
			P: "SpecularFactor", "Number", "", "A",{gloss}
			P: "ShininessExponent", "Number", "", "A",{shininess}
		}}
	}}
}}
Connections:  {{
	C: "OO",{model},0
	C: "OO",{geometry},{model}
	C: "OO",{material},{model}
}}
"""


def fbx(mesh: Mesh) -> str:
    """The file's text."""
    return TEMPLATE.format(
        scale=CENTIMETRES_PER_UNIT,
        geometry=GEOMETRY,
        model=MODEL,
        material=MATERIAL,
        point_count=3 * len(mesh.points),
        points=_numbers(chain.from_iterable(mesh.points)),
        corner_count=3 * len(mesh.triangles),
        corners=",".join(f"{a},{b},{~c}" for a, b, c in mesh.triangles),
        normals=_numbers(chain.from_iterable(mesh.normals)),
        name=mesh.palette.name,
        colour=_numbers(mesh.colour),
        gloss=f"{1 - mesh.roughness:g}",
        shininess=f"{mesh.shininess:g}",
    )


def _numbers(numbers: Iterable[float]) -> str:
    return ",".join(f"{number:.6f}" for number in numbers)
