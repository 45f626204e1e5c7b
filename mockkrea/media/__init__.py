"""Files made here: from a job's order to the bytes of pictures, videos, sound and 3D models.

`media_files` knows them all. What a file shows (`picture`, `clip`, `track`, `sculpture`) costs nothing to
import; what makes it (`draw`, `video`, `sound`, `model3d`, `preview`) brings Pillow and PyAV and is imported
when the first file of its kind is asked for. What is made depends on nothing but its description.
"""
